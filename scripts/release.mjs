// npm runs this before it publishes (`prepublishOnly`), in the release workflow: it publishes the platform packages,
// and then names them in the main package's `optionalDependencies`. They are not named earlier, because `npm ci` would
// look for packages that do not exist yet.
//   node scripts/release.mjs --skip-optional-publish   everything except publishing the platform packages
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { floor, isAboveFloor, neededGlibc } from './glibc.mjs';
import { repositoryOfWorkflow } from './support/package.mjs';
import { nodeModule, root, runOrThrow } from './support/process.mjs';

/** @param {string} file */
const readJson = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
/** @param {string} file @param {unknown} value */
const writeJson = (file, value) =>
  writeFileSync(path.join(root, file), `${JSON.stringify(value, null, 2)}\n`);

const platforms = readdirSync(path.join(root, 'npm'));
const { version } = readJson('package.json');

const missing = platforms.filter(
  (name) => !existsSync(path.join(root, `npm/${name}/twenty-crm-native.${name}.node`)),
);
if (missing.length > 0) {
  throw new Error(
    `no binary in npm/ for ${missing.join(', ')}: releases are made by the release workflow, which builds them all`,
  );
}
for (const name of platforms) {
  const manifest = readJson(`npm/${name}/package.json`);
  if (manifest.version !== version) {
    throw new Error(`npm/${name} has version ${manifest.version}, the package ${version}`);
  }
  if (!name.endsWith('-gnu')) continue;
  const file = `npm/${name}/twenty-crm-native.${name}.node`;
  const needed = neededGlibc(readFileSync(path.join(root, file)));
  if (needed !== undefined && isAboveFloor(needed)) {
    throw new Error(`${file} needs glibc ${needed}, above the floor ${floor}`);
  }
}

for (const file of ['package.json', ...platforms.map((name) => `npm/${name}/package.json`)]) {
  writeJson(file, { ...readJson(file), ...repositoryOfWorkflow() });
}

// Users who install the package do not need the build script, and npm would warn them about it.
const { prepare: _, ...scripts } = readJson('package.json').scripts;
writeJson('package.json', { ...readJson('package.json'), scripts });

await runOrThrow(process.execPath, [
  nodeModule('@napi-rs/cli/dist/cli.js'),
  'prepublish',
  ...['--tag-style', 'npm', '--no-gh-release'],
  ...process.argv.slice(2),
]);

// A checkout's tarball contains the binary of its own platform; the published one must not.
for (const name of readdirSync(root).filter((file) => file.endsWith('.node'))) {
  rmSync(path.join(root, name));
}
