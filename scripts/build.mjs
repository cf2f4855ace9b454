// Builds the JavaScript of lib/ and the native addon, with its types native.d.ts, unless the last build is of the same sources.
//   node scripts/build.mjs           the release profile, what is published
//   node scripts/build.mjs --fast    the fastdev profile: seconds instead of minutes, slower code
//   node scripts/build.mjs --target TRIPLE [-x | --use-napi-cross]
//                                    release, for another platform; the options are those of `napi build`
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildLib } from './build-lib.mjs';
import { setup } from './setup.mjs';
import { isMain, nodeModule, root, runOrThrow, targetDir } from './support/process.mjs';

/** @typedef {'release' | 'fastdev'} Profile */
/** @typedef {{ profile: Profile, sources: string, outputs: Record<string, string> }} BuildRecord */

const recordFile = path.join(targetDir, 'addon-build.json');
const generated = ['native.d.ts'];

/** @param {string} relative */
const contents = (relative) => readFileSync(path.join(root, relative));

/** @param {string} relative */
const hashOf = (relative) =>
  existsSync(path.join(root, relative))
    ? createHash('sha256').update(contents(relative)).digest('hex')
    : 'missing';

/** One hash over everything that the addon is made of. By contents: a checkout gives every file a new time. */
function hashSources() {
  const rust = readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  const files = ['.cargo/config.toml', 'Cargo.toml', 'Cargo.lock', 'build.rs', ...rust].sort();
  const { napi } = JSON.parse(contents('package.json').toString());
  const hash = createHash('sha256').update(JSON.stringify(napi));
  for (const file of files) hash.update(`\0${file}\0${hashOf(file)}`);
  return hash.digest('hex');
}

const addonFiles = () => readdirSync(root).filter((name) => name.endsWith('.node'));

/** @returns {BuildRecord | undefined} */
function readRecord() {
  return existsSync(recordFile) ? JSON.parse(readFileSync(recordFile, 'utf8')) : undefined;
}

/**
 * Builds where that is needed.
 * @param {Profile} [wanted] Without one, a developer's choice of the last build holds; the first is a release build,
 * and so is every build in CI.
 * @param {{ install?: boolean, quiet?: boolean }} [how] Whether to install missing tools, and to say nothing where
 * nothing is to be done.
 */
export async function buildAddon(wanted, { install = true, quiet = false } = {}) {
  if (install) await setup();
  await buildLib();
  const last = readRecord();
  const profile = wanted ?? (process.env.CI ? undefined : last?.profile) ?? 'release';
  const sources = hashSources();
  const isFresh =
    last?.sources === sources &&
    last.profile === profile &&
    Object.entries(last.outputs).every(([file, hash]) => hashOf(file) === hash);
  if (isFresh) {
    if (!quiet) console.log(`The addon is up to date (${profile}).`);
    return;
  }
  console.log(`Building the addon (${profile}) …`);
  await napiBuild(profile);
  const outputs = Object.fromEntries(
    [...generated, ...addonFiles()].map((file) => [file, hashOf(file)]),
  );
  mkdirSync(targetDir, { recursive: true });
  writeFileSync(recordFile, `${JSON.stringify({ profile, sources, outputs }, null, 2)}\n`);
}

/**
 * @param {Profile} profile
 * @param {string[]} [options] Further ones of `napi build`.
 */
const napiBuild = (profile, options = []) =>
  runOrThrow(process.execPath, [
    nodeModule('@napi-rs/cli/dist/cli.js'),
    'build',
    '--platform',
    ...['--profile', profile],
    ...['--no-js', '--dts', 'native.d.ts', '--no-const-enum'],
    ...options,
    ...['--', '--locked'],
  ]);

if (isMain(import.meta.url)) {
  const options = process.argv.slice(2);
  if (options.includes('--target')) await napiBuild('release', options);
  else await buildAddon(options.includes('--fast') ? 'fastdev' : 'release');
}
