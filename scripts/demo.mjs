// `npm run demo`: installs and builds what is missing, then runs examples/demo/main.mjs.
import { buildAddon } from './build.mjs';
import { buildSim } from './build-sim.mjs';

try {
  const withSim = !process.env.TWENTY_CRM_BASE_URL;
  await buildAddon(undefined, { withSim });
  if (withSim) await buildSim();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
// Only now: what it imports has just been installed and built.
const { main } = await import('../examples/demo/main.mjs');
process.exitCode = await main(process.argv.slice(2));
