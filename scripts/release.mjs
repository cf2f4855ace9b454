// What npm runs before it publishes (`prepublishOnly`), in the release workflow: the platforms' packages go out first,
// and the main package then names them in `optionalDependencies`. They are not named before, for `npm ci` would look
// for what is not there yet.
//   node scripts/release.mjs --skip-optional-publish   does all of it but publishing the platforms' packages
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { floor, isAboveFloor, neededGlibc } from './glibc.mjs';
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

// Provenance ties a package to a repository, and the repository is whichever runs the workflow.
const repository = process.env.GITHUB_REPOSITORY;
if (repository !== undefined) {
  const url = `git+https://github.com/${repository}.git`;
  for (const file of ['package.json', ...platforms.map((name) => `npm/${name}/package.json`)]) {
    writeJson(file, { ...readJson(file), repository: { type: 'git', url } });
  }
}

// What builds a checkout is no business of those who install the package; npm would warn them of a script.
const { prepare: _, ...scripts } = readJson('package.json').scripts;
writeJson('package.json', { ...readJson('package.json'), scripts });

await runOrThrow(process.execPath, [
  nodeModule('@napi-rs/cli/dist/cli.js'),
  'prepublish',
  ...['--tag-style', 'npm', '--no-gh-release'],
  ...process.argv.slice(2),
]);

// A checkout's tarball has the binary of its own platform inside; the published one must not.
for (const name of readdirSync(root).filter((file) => file.endsWith('.node'))) {
  rmSync(path.join(root, name));
}
