// Builds twenty-sim, the stand-in for a Twenty server. Cargo itself knows when there is nothing to do.
//   node scripts/build-sim.mjs             the fast profile
//   node scripts/build-sim.mjs --release   as the benchmark runs it
import { statSync } from 'node:fs';
import path from 'node:path';
import { cargoArgs } from './support/cargo.mjs';
import { isMain, runOrThrow, targetDir } from './support/process.mjs';

/** @typedef {import('./build.mjs').Profile} Profile */

/** @param {Profile} profile */
const programOf = (profile) =>
  path.join(targetDir, profile, process.platform === 'win32' ? 'twenty-sim.exe' : 'twenty-sim');

/** The simulator that was built last. */
export function builtSim() {
  /** @type {Profile[]} */
  const profiles = ['fastdev', 'release'];
  /** @param {string} file */
  const builtAt = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const [newest] = profiles.map(programOf).sort((a, b) => builtAt(b) - builtAt(a));
  return newest;
}

/** @param {Profile} [profile] @returns {Promise<string>} The program. */
export async function buildSim(profile = 'fastdev') {
  await runOrThrow(
    'cargo',
    profile === 'release'
      ? ['build', '--release', '--locked', '--package', 'twenty-sim']
      : cargoArgs('build', 'sim'),
  );
  return programOf(profile);
}

if (isMain(import.meta.url)) {
  await buildSim(process.argv.includes('--release') ? 'release' : 'fastdev');
}
