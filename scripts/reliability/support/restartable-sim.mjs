// A simulated server whose process can be killed and started anew while its rows stay, as Twenty's do in its database.
import { startSim } from '../../../__test__/helpers/sim.mjs';

/** @typedef {Awaited<ReturnType<typeof startSim>>} Sim */
/** @typedef {import('../../../sim/npm/index.js').TwentySimFault} Fault */

/** What holds the rows of these suites. */
const OBJECTS = ['companies', 'people'];

/** Rows that are put back at once. */
const ROWS_AT_ONCE = 2_000;

/**
 * Steered as a simulator of `startSim`, whichever process is behind it.
 * @param {import('../../../__test__/helpers/sim.mjs').SimOptions} [options]
 */
export async function startRestartableSim(options) {
  let sim = await startSim(options);
  /** @type {Fault[]} What the server refuses, which it does after a restart as well. */
  let rules = [];
  return {
    get baseUrl() {
      return sim.baseUrl;
    },
    get apiKey() {
      return sim.apiKey;
    },
    stats: () => sim.stats(),
    records: (/** @type {string} */ plural) => sim.records(plural),
    reset() {
      rules = [];
      return sim.reset();
    },
    addFaults(/** @type {Fault} */ rule) {
      rules.push(rule);
      return sim.addFaults(rule);
    },
    setOptions: (/** @type {object} */ changes) => sim.setOptions(changes),
    advanceClock: (/** @type {number} */ ms) => sim.advanceClock(ms),
    stop: () => sim.stop(),

    /**
     * `kill -9`, and another process on another port: its rows are those that were written, its connections, buckets,
     * clock and everything else that a server has in memory are new. Nothing may be on its way to it: a transaction
     * that the database has begun is either done by then or was never asked for.
     */
    async restart() {
      const rows = await Promise.all(OBJECTS.map((plural) => sim.records(plural)));
      const { apiKey } = sim;
      process.kill(sim.pid, 'SIGKILL');
      await sim.stop();
      sim = await startSim(options);
      if (sim.apiKey !== apiKey) throw new Error('the restarted server has another key');
      await sim.addFaults(rules);
      for (const [at, plural] of OBJECTS.entries()) {
        for (let from = 0; from < rows[at].length; from += ROWS_AT_ONCE) {
          await sim.seed({ [plural]: rows[at].slice(from, from + ROWS_AT_ONCE) });
        }
      }
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof startRestartableSim>>} RestartableSim */

/**
 * Kills the server behind the proxy, and starts it again after `downMs`. Until then nothing listens; connections are
 * reset, and whoever waits for an answer does not get it, though what it asked for may have been done.
 * @param {import('./fault-proxy.mjs').FaultProxy} proxy
 * @param {RestartableSim} sim
 * @param {() => Promise<unknown>} pause
 */
export async function restartBehind(proxy, sim, pause) {
  await proxy.down();
  await proxy.settled();
  await sim.restart();
  proxy.retarget(sim.baseUrl);
  await pause();
  await proxy.listen();
}
