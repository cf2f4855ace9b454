// One row of the fault suite in a process whose own wall clock jumps: see wall-clock.mjs. Prints the row's result.
import { runRow } from '../faults.mjs';
import { rows } from './fault-rows.mjs';
import { startRestartableSim } from './restartable-sim.mjs';
import { ownClock } from './wall-clock.mjs';

const { name, ...how } = JSON.parse(process.argv[2]);
const clock = ownClock();
const sim = await startRestartableSim({ logSize: 1 });
const row = rows.find((one) => one.name === name);
if (row === undefined) throw new Error(`there is no row ${name}`);
try {
  process.stdout.write(JSON.stringify(await runRow(row, { ...how, sim, clock })));
} finally {
  clock.close();
  await sim.stop();
}
