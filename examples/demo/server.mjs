// Where the records go: the server that the environment names, or else the simulator.
import { TwentyCrmApiService, TwentyCrmRestClient } from '../../index.mjs';

/**
 * @typedef {object} Server
 * @property {{ baseUrl: string, apiKey: string }} config
 * @property {string} description one line for the reader
 * @property {boolean} isSimulator
 * @property {number} concurrency upserts that are under way at once, unless the user says otherwise
 * @property {() => Promise<{ people: number, companies: number }>} count records that it holds
 * @property {() => Promise<number | undefined>} requests that it has answered so far, where that is known
 * @property {() => Promise<void>} close
 */

/** Something that the reader can put right: shown without a stack. */
export class UsageError extends Error {}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {AbortSignal} signal
 * @returns {Promise<Server>}
 */
export async function openServer(env, signal) {
  const { TWENTY_CRM_BASE_URL: baseUrl, TWENTY_CRM_API_KEY: apiKey } = env;
  if (!baseUrl && !apiKey) return openSimulator(signal);
  if (!baseUrl || !apiKey) {
    const missing = baseUrl ? 'TWENTY_CRM_API_KEY' : 'TWENTY_CRM_BASE_URL';
    throw new UsageError(`${missing} is not set: set both variables for a real server, or neither`);
  }
  const connection = await new TwentyCrmApiService().testConnection(baseUrl, apiKey, { signal });
  if (!connection.ok) throw new UsageError(`${baseUrl}: ${connection.message}`);
  return {
    config: { baseUrl, apiKey },
    description: `${baseUrl} (a real server: the records stay there)`,
    isSimulator: false,
    concurrency: 8,
    count: counter({ baseUrl, apiKey }, signal),
    requests: async () => undefined,
    close: async () => {},
  };
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Server>}
 */
async function openSimulator(signal) {
  const { startSim } = await import('../../__test__/helpers/sim.mjs');
  const sim = await startSim({ preset: 'provisioned' });
  const config = { baseUrl: sim.baseUrl, apiKey: sim.apiKey };
  return {
    config,
    description: `twenty-sim, a stand-in for Twenty 2.21, at ${sim.baseUrl} (nothing leaves this machine)`,
    isSimulator: true,
    concurrency: 64,
    count: counter(config, signal),
    requests: async () => (await sim.stats()).total,
    close: () => sim.stop(),
  };
}

/** A new workspace has a workflow that makes companies of its own for people's e-mail addresses: they are not ours. */
const MADE_BY_KEYS = encodeURIComponent('createdBy.source[eq]:API');

/**
 * What was made through the API. Twenty gives the total with every list, also with an empty page.
 * @param {{ baseUrl: string, apiKey: string }} config
 * @param {AbortSignal} signal
 */
function counter(config, signal) {
  const client = new TwentyCrmRestClient(config);
  /** @param {string} plural */
  const total = async (plural) => {
    const answer = await client.get(`/rest/${plural}?limit=0&filter=${MADE_BY_KEYS}`, { signal });
    if (!answer.success) throw new Error(`counting ${plural}: ${answer.error.message}`);
    return /** @type {{ totalCount: number }} */ (answer.data).totalCount;
  };
  return async () => ({ people: await total('people'), companies: await total('companies') });
}
