// Helpers of the sync service's tests: a simulator, and services on it.
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach } from 'node:test';
import { createTwentyCrmSyncService, TwentyCrmRestClient } from '../../index.mjs';
import { startSim } from './sim.mjs';

/**
 * One simulator for the tests of a file, reset before each test.
 * @param {import('./sim.mjs').SimOptions} [simOptions]
 */
export function useSim(simOptions) {
  /** @type {Awaited<ReturnType<typeof startSim>>} */
  let sim;
  before(async () => {
    sim = await startSim(simOptions);
  });
  after(() => sim.stop());
  beforeEach(() => sim.reset());

  return {
    get sim() {
      return sim;
    },
    /**
     * A service without knowledge from other tests. Services share state by base URL, key and namespace; the tests keep
     * plain names, and use a new mapping store instead.
     * @param {import('../../index.js').SyncServiceOptions} [options]
     * @param {Partial<import('../../index.js').TwentyCrmRestClientConfig>} [config]
     */
    service(options, config) {
      const service = createTwentyCrmSyncService(
        {
          baseUrl: sim.baseUrl,
          apiKey: sim.apiKey,
          initialBackoffMs: 1,
          maxBackoffMs: 2,
          ...config,
        },
        options,
      );
      service.clearCache();
      return service;
    },
    /** @param {Partial<import('../../index.js').TwentyCrmRestClientConfig>} [config] */
    client(config) {
      return new TwentyCrmRestClient({
        baseUrl: sim.baseUrl,
        apiKey: sim.apiKey,
        initialBackoffMs: 1,
        maxBackoffMs: 2,
        ...config,
      });
    },
    /** Number of requests that `work` sends. @param {() => Promise<unknown>} work */
    async requestsOf(work) {
      const earlier = (await sim.stats()).total;
      await work();
      return (await sim.stats()).total - earlier;
    },
  };
}

/** A person that no other test has. @param {object} [fields] */
export function newPerson(fields) {
  const external_id = `p-${randomUUID()}`;
  return { external_id, name: 'Jane van der Berg', email: `${external_id}@example.com`, ...fields };
}

/** A company that no other test has. @param {object} [fields] */
export function newCompany(fields) {
  const external_id = `c-${randomUUID()}`;
  return { external_id, name: 'Acme Corp', ...fields };
}

/** The reason of a rejection. @param {Promise<unknown>} promise @returns {Promise<any>} */
export async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('the promise was not rejected');
}
