// Starts and steers twenty-sim, the stand-in for a Twenty server (crate `sim/`).
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const repoRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const executable = process.platform === 'win32' ? 'twenty-sim.exe' : 'twenty-sim';

/**
 * @typedef {object} SimOptions
 * @property {'provisioned' | 'fresh' | 'dev'} [preset] State at start; `provisioned` by default.
 * @property {number} [port] 0 (the default) lets the system choose.
 * @property {number} [latencyMs] Added to every answer.
 * @property {string} [rateLimit] `100/60000`: tokens per milliseconds, `default` for the server's own
 *   two limits; none by default.
 * @property {'legacy' | 'new'} [metadataFormat]
 * @property {'2.21' | '2.31' | '2.47'} [flavour]
 * @property {boolean} [toldLimits] 2.47: whether 429 tells kind, scope and wait; true by default.
 * @property {number} [recordLimit] 2.47: rows that the workspace may hold.
 * @property {boolean} [allowanceExhausted] 2.47: whether writes are refused with 402.
 * @property {boolean} [webhookLimit] 2.47: whether webhooks above 60 in 60 seconds are dropped.
 * @property {'kept' | 'wiped'} [unsentSubfields] What a write of phones or links does not send.
 * @property {number} [rngSeed]
 * @property {string} [serviceTimes] `insert,update,lookup` in microseconds per record.
 * @property {number} [upsertRace] Chance, 0 to 1, that one of two simultaneous upserts is refused.
 * @property {number} [logSize] Requests that the log keeps; 1000 by default.
 */

/** The newest simulator binary, or the one that TWENTY_SIM_BIN names. */
export function findSimBinary() {
  const named = process.env.TWENTY_SIM_BIN;
  if (named) {
    if (!existsSync(named))
      throw new Error(`TWENTY_SIM_BIN points at ${named}, which does not exist`);
    return named;
  }
  const target = process.env.CARGO_TARGET_DIR ?? path.join(repoRoot, 'target');
  const built = ['release', 'fastdev', 'debug']
    .map((profile) => path.join(target, profile, executable))
    .filter((file) => existsSync(file))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (built.length === 0) {
    throw new Error(
      `no twenty-sim binary under ${target}: run \`npm run build:sim\` or set TWENTY_SIM_BIN`,
    );
  }
  return built[0];
}

/** @type {Record<string, string>} */
const flags = {
  preset: '--preset',
  port: '--port',
  latencyMs: '--latency-ms',
  rateLimit: '--rate-limit',
  metadataFormat: '--metadata-format',
  flavour: '--flavour',
  toldLimits: '--told-limits',
  recordLimit: '--record-limit',
  allowanceExhausted: '--allowance-exhausted',
  webhookLimit: '--webhook-limit',
  unsentSubfields: '--unsent-subfields',
  rngSeed: '--rng-seed',
  serviceTimes: '--service-times',
  upsertRace: '--upsert-race',
  logSize: '--log-size',
};

/**
 * One HTTP exchange with the control API; a status other than 2xx throws.
 * @param {http.Agent} agent
 * @param {string} method
 * @param {URL} url
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
function control(agent, method, url, body) {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
    const request = http.request(url, { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        if (status < 200 || status > 299) {
          reject(new Error(`${method} ${url.pathname} answered ${status}: ${text}`));
        } else {
          resolve(text === '' ? undefined : JSON.parse(text));
        }
      });
    });
    request.on('error', reject);
    request.end(payload);
  });
}

/**
 * Starts one simulator. It ends with its stdin, so that none outlives the test process.
 * @param {SimOptions} [options]
 * @param {Record<string, string>} [env] Further variables of its environment.
 */
export async function startSim(options = {}, env = {}) {
  const args = [];
  for (const [key, value] of Object.entries(options)) {
    if (!(key in flags)) throw new TypeError(`startSim knows no option "${key}"`);
    if (value !== undefined) args.push(flags[key], String(value));
  }
  const child = spawn(findSimBinary(), args, {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const ended = new Promise((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal)),
  );
  const lines = createInterface({ input: child.stdout });
  const ready = await Promise.race([
    new Promise((resolve) => lines.once('line', resolve)),
    new Promise((_, reject) => child.once('error', reject)),
    ended.then((how) => {
      throw new Error(`twenty-sim ended (${how}) before it was ready`);
    }),
  ]);
  const { baseUrl, apiKey, apiKeys, ...rest } = JSON.parse(ready);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  /** @param {string} method @param {string} route @param {unknown} [body] */
  const call = (method, route, body) =>
    control(agent, method, new URL(`/__sim/${route}`, baseUrl), body);

  return {
    /** @type {string} Without a slash at the end. */
    baseUrl,
    /** @type {string} A key with every right. */
    apiKey,
    /** @type {Record<string, string>} Further keys and tokens by purpose (`readOnly`, `revoked`, ...). */
    keys: apiKeys,
    /** Everything else that the simulator said when it was ready. */
    info: rest,
    /** Counters: requests, tokens, 429s, connections, records per object. */
    stats: () => call('GET', 'stats'),
    /** The last requests, oldest first. */
    log: async () => (await call('GET', 'log')).requests,
    /** All rows of one object, deleted ones included. @param {string} plural */
    records: (plural) => call('GET', `records/${plural}`),
    /** @param {object | object[]} rules Appended to the fault rules. */
    addFaults: (rules) => call('POST', 'faults', Array.isArray(rules) ? rules : [rules]),
    clearFaults: () => call('DELETE', 'faults'),
    /** Back to the state at start, or to another preset. */
    reset: (to = {}) => call('POST', 'reset', to),
    /** @param {object} changes */
    setOptions: (changes) => call('POST', 'options', changes),
    /** @param {Record<string, object[]>} rowsByPlural Inserted as they are. */
    seed: (rowsByPlural) => call('POST', 'seed', rowsByPlural),
    /** @param {number} advanceMs */
    advanceClock: (advanceMs) => call('POST', 'clock', { advanceMs }),
    /** Ids that the next inserts take, in order. @param {string[]} ids */
    nextIds: (ids) => call('POST', 'ids', { next: ids }),
    async stop() {
      agent.destroy();
      lines.close();
      child.stdin.end();
      await ended;
    },
  };
}

/**
 * A simulator of its own, hence a workspace of which this process knows nothing yet: what it knows of one goes by
 * address and key.
 * @param {SimOptions} options
 * @param {(sim: Awaited<ReturnType<typeof startSim>>) => Promise<void>} work
 */
export async function withSim(options, work) {
  const sim = await startSim(options);
  try {
    await work(sim);
  } finally {
    await sim.stop();
  }
}
