// Builds twenty-sim, the stand-in for a Twenty server. Cargo itself knows when there is nothing to do.
import path from 'node:path';
import { isMain, runOrThrow, targetDir } from './support/process.mjs';

/** Where the simulator is after its build. */
export const releasedSim = path.join(
  targetDir,
  'release',
  process.platform === 'win32' ? 'twenty-sim.exe' : 'twenty-sim',
);

export async function buildSim() {
  await runOrThrow('cargo', ['build', '--release', '--locked', '--package', 'twenty-sim']);
}

if (isMain(import.meta.url)) await buildSim();
