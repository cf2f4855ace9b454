// What the tests of the sync service share: a simulator, and services on it.
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach } from 'node:test';
import { createTwentyCrmSyncService, TwentyCrmRestClient } from '../../index.mjs';
import { startSim } from './sim.mjs';

/**
 * One simulator for the tests of a file, put back to its start before each of them.
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
     * A service that remembers nothing of other tests: what services share is told apart by base URL and key, and by
     * the namespace; the tests keep the names plain and take a fresh store of mappings instead.
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
    /** How many requests `work` takes. @param {() => Promise<unknown>} work */
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

/** What a promise is rejected with. @param {Promise<unknown>} promise @returns {Promise<any>} */
export async function rejection(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('the promise was not rejected');
}
