// Builds the JavaScript of lib/ and the native addon, with its types native.d.ts, unless the last build is of the same sources.
//   node scripts/build.mjs           the release profile, what is published
//   node scripts/build.mjs --fast    the fastdev profile: compiled in a fraction of the time, slower code
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

/** The profile of the last build in this checkout, if there was one. */
export const lastProfile = () => readRecord()?.profile;

/**
 * Builds where that is needed.
 * @param {Profile} [profile] CI tests what is published, a developer what is compiled soonest.
 * @param {{ install?: boolean, quiet?: boolean, withSim?: boolean }} [how] Whether to install missing tools, to say
 * nothing if there is nothing to do, and to compile the simulator in the same run of cargo (fast profile).
 */
export async function buildAddon(
  profile = process.env.CI ? 'release' : 'fastdev',
  { install = true, quiet = false, withSim = false } = {},
) {
  if (install) await setup();
  await buildLib();
  const last = readRecord();
  const sources = hashSources();
  const isFresh =
    last?.sources === sources &&
    last.profile === profile &&
    Object.entries(last.outputs).every(([file, hash]) => hashOf(file) === hash);
  if (isFresh) {
    if (!quiet) console.log(`The addon is up to date (${profile}).`);
    return;
  }
  if (profile === 'release') {
    console.log('Building the addon (release profile). Two cores need 4 to 8 minutes.');
    await napiBuild();
  } else {
    console.log(
      `Building the addon${withSim ? ' and the simulator' : ''} (fast profile). Two cores need 2 to 4 minutes the first time, and seconds after a change.`,
    );
    // Only now: what it imports may just have been installed.
    const { fastBuild } = await import('./support/fast-build.mjs');
    await fastBuild({ withSim, typesAreWritten: last?.sources === sources });
  }
  const outputs = Object.fromEntries(
    [...generated, ...addonFiles()].map((file) => [file, hashOf(file)]),
  );
  mkdirSync(targetDir, { recursive: true });
  writeFileSync(recordFile, `${JSON.stringify({ profile, sources, outputs }, null, 2)}\n`);
}

/** @param {string[]} [options] Further ones of `napi build`. */
const napiBuild = (options = []) =>
  runOrThrow(process.execPath, [
    nodeModule('@napi-rs/cli/dist/cli.js'),
    'build',
    '--platform',
    ...['--profile', 'release'],
    ...['--no-js', '--dts', 'native.d.ts', '--no-const-enum'],
    ...options,
    ...['--', '--locked'],
  ]);

if (isMain(import.meta.url)) {
  const options = process.argv.slice(2);
  if (options.includes('--target')) await napiBuild(options);
  else await buildAddon(options.includes('--fast') ? 'fastdev' : 'release');
}
