// Publishes twenty-crm-native-sim, in the release workflow: the platforms' packages first, then the one that names them.
//   node scripts/release-sim.mjs FOLDER             with every platform's binary in FOLDER: packs all of it, publishes nothing
//   node scripts/release-sim.mjs FOLDER --publish
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { binaryName, platforms } from '../sim/npm/lib/binary.js';
import { repositoryOfWorkflow } from './support/package.mjs';
import { root, runNpm } from './support/process.mjs';
import { layOutRelease } from './support/sim-package.mjs';

const [binaries, publish] = process.argv.slice(2);
if (binaries === undefined) throw new Error('name the folder with the binaries of all platforms');
const missing = platforms.filter((name) => !existsSync(path.join(binaries, binaryName(name))));
if (missing.length > 0) {
  throw new Error(
    `no binary in ${binaries} for ${missing.join(', ')}: releases are made by the release workflow, which builds them all`,
  );
}
/** @param {string} file @returns {string} */
const versionIn = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8')).version;
if (versionIn('sim/npm/package.json') !== versionIn('package.json')) {
  throw new Error('sim/npm/package.json has another version than package.json');
}

for (const folder of layOutRelease(binaries, repositoryOfWorkflow())) {
  if (publish === '--publish') await runNpm(['publish', folder, '--access', 'public']);
  else await runNpm(['pack', folder, '--dry-run']);
}
