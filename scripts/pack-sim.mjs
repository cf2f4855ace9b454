// `npm run pack:sim`: builds the simulator, and packs twenty-crm-native-sim with the binary of this machine inside.
//   npm run pack:sim -- --pack-destination ~/tarballs   with the options of `npm pack`
import { buildSim } from './build-sim.mjs';
import { runNpm } from './support/process.mjs';
import { layOutForThisMachine } from './support/sim-package.mjs';

const folder = layOutForThisMachine(process.env.TWENTY_SIM_BIN || (await buildSim('release')));
await runNpm(['pack', folder, ...process.argv.slice(2)]);
