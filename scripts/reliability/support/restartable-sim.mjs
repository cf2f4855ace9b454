// A simulated server whose process can be killed and restarted while its rows stay, as Twenty's do in its database.
import { startSim } from '../../../__test__/helpers/sim.mjs';

/** @typedef {Awaited<ReturnType<typeof startSim>>} Sim */
/** @typedef {import('../../../sim/npm/index.js').TwentySimFault} Fault */

/** The objects whose rows these suites use. */
const OBJECTS = ['companies', 'people'];

/** Rows that are restored at once. */
const ROWS_AT_ONCE = 2_000;

/**
 * Has the interface of a simulator of `startSim`, whichever process is behind it.
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
     * `kill -9`, and another process on another port. Its rows are the written ones; connections, buckets, the clock
     * and all other memory are new. No request may be in flight: a database transaction is either complete by then or
     * was never requested.
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
 * Kills the server behind the proxy, and restarts it after `downMs`. Until then nothing listens. Connections are reset,
 * and pending requests get no answer, although they may have been processed.
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
