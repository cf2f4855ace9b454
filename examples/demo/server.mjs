// Where the records go: the server that the environment names, or else the simulator.
import { TwentyCrmApiService, TwentyCrmRestClient } from '../../index.mjs';

/**
 * @typedef {object} Server
 * @property {{ baseUrl: string, apiKey: string }} config
 * @property {string} description one line for the reader
 * @property {() => Promise<{ people: number, companies: number }>} count records that it holds
 * @property {() => Promise<number>} tokens of its rate limit that were spent so far, NaN where that is not known
 * @property {string} next what the reader can do next
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
    count: counter({ baseUrl, apiKey }, signal),
    tokens: async () => Number.NaN,
    next: [
      'Next:',
      '  node bin/twenty-crm-native.js doctor        # what works with this server and key',
      '  node bin/twenty-crm-native.js schema plan   # which custom fields are missing',
      '  node bin/twenty-crm-native.js sync companies examples/data/companies.ndjson   # the same from a terminal',
    ].join('\n'),
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
    count: counter(config, signal),
    tokens: async () => (await sim.stats()).tokens,
    next: [
      'Next, with a simulated Twenty that stays:',
      '  npm run sim                    # set the two variables that it prints, in another terminal',
      '  node bin/twenty-crm-native.js doctor   # there: what works with this server and key',
      '  node bin/twenty-crm-native.js sync companies examples/data/companies.ndjson   # there: the same from a terminal',
    ].join('\n'),
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
