// Builds twenty-sim, the stand-in for a Twenty server. Cargo itself knows when there is nothing to do.
import { isMain, runOrThrow } from './support/process.mjs';

export async function buildSim() {
  await runOrThrow('cargo', ['build', '--release', '--locked', '--package', 'twenty-sim']);
}

if (isMain(import.meta.url)) await buildSim();
