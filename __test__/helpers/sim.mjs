// The simulator of this checkout, started and steered as users do it: by the package twenty-crm-native-sim.
import { builtSim } from '../../scripts/build-sim.mjs';
import { startTwentySim } from '../../sim/npm/index.mjs';

/** @typedef {import('../../sim/npm/index.js').TwentySimOptions} SimOptions */

// Also for programs that tests start.
process.env.TWENTY_SIM_BIN ||= builtSim();

/** @param {SimOptions} [options] */
export async function startSim(options) {
  const { control, ...sim } = await startTwentySim(options);
  return { ...sim, ...control };
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
