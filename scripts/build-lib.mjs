// Writes a .js file beside every lib/**/*.ts whose source has changed: types become blanks, so that every line and
// column stays where it was, and imports and exports become those of CommonJS. Writes types/values.d.ts, too, which
// declares what index.js exports, and vendor/third-party.js, the other packages' code that the command line uses.
//   node scripts/build-lib.mjs
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setup } from './setup.mjs';
import { isMain, root, targetDir } from './support/process.mjs';

/** @typedef {{ tool: string, files: Record<string, { source: string, output: string }>, types: string, thirdParty?: string }} LibRecord */

const lib = path.join(root, 'lib');
const recordFile = path.join(targetDir, 'lib-build.json');

/** @param {string | Buffer} text */
const hashOf = (text) => createHash('sha256').update(text).digest('hex');

/** @param {string} file */
const hashOfFile = (file) => (existsSync(file) ? hashOf(readFileSync(file)) : 'missing');

/** What writes the files: this script and the packages that it uses. */
const toolHash = () =>
  hashOf(
    [
      ...['build-lib', 'support/emit-commonjs', 'support/emit-types'].map(
        (name) => `scripts/${name}.mjs`,
      ),
      ...['ts-blank-space', 'typescript'].map(manifestOf),
    ]
      .map((file) => hashOfFile(path.join(root, file)))
      .join(' '),
  );

const typesFile = path.join(root, 'types/values.d.ts');

/** What types/values.d.ts depends on beside the sources. */
const typeInputs = () => [
  path.join(root, 'index.js'),
  ...readdirSync(path.join(root, 'types'))
    .filter((name) => name !== 'values.d.ts')
    .sort()
    .map((name) => path.join(root, 'types', name)),
];

/** The bundle's inputs and outputs. The lock file has the versions of what goes into it. */
const thirdPartyHash = () =>
  hashOf(
    [
      ...['vendor/third-party.ts', 'package-lock.json', 'scripts/support/bundle-third-party.mjs'],
      ...['vendor/third-party.js', 'vendor/LICENSES.txt'],
    ]
      .map((file) => hashOfFile(path.join(root, file)))
      .join(' '),
  );

/** @param {string} file */
const readIfThere = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** @param {string} name */
const manifestOf = (name) => `node_modules/${name}/package.json`;

/** @returns {LibRecord} */
function readRecord() {
  return existsSync(recordFile)
    ? JSON.parse(readFileSync(recordFile, 'utf8'))
    : { tool: '', files: {}, types: '' };
}

/** Emits what has changed since the last time, and removes the output of sources that are gone. */
export async function buildLib() {
  const last = readRecord();
  const tool = toolHash();
  /** @type {LibRecord} */
  const next = { tool, files: {}, types: '' };
  const names = readdirSync(lib, { recursive: true }).map(String);
  const sources = names.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')).sort();
  for (const name of names.filter((one) => one.endsWith('.js'))) {
    if (!sources.includes(name.replace(/js$/, 'ts'))) rmSync(path.join(lib, name));
  }
  let written = 0;
  for (const name of sources) {
    const text = readFileSync(path.join(lib, name), 'utf8');
    const source = hashOf(text);
    const target = path.join(lib, name.replace(/ts$/, 'js'));
    const known = last.tool === tool ? last.files[name] : undefined;
    if (known?.source === source && known.output === hashOfFile(target)) {
      next.files[name] = known;
      continue;
    }
    // Only now: most runs write nothing, and loading the compiler takes longer than all the rest.
    const { emit } = await import('./support/emit-commonjs.mjs');
    const output = emit(path.posix.join('lib', name.replaceAll(path.sep, '/')), text);
    // Whoever requires it meanwhile gets a whole file.
    writeFileSync(`${target}.new`, output);
    renameSync(`${target}.new`, target);
    next.files[name] = { source, output: hashOf(output) };
    written += 1;
  }
  next.types = hashOf([...typeInputs(), typesFile].map(hashOfFile).join(' '));
  if (written > 0 || next.types !== last.types) {
    const { emitTypes } = await import('./support/emit-types.mjs');
    const text = emitTypes();
    if (readIfThere(typesFile) !== text) writeFileSync(typesFile, text);
    next.types = hashOf([...typeInputs(), typesFile].map(hashOfFile).join(' '));
  }
  next.thirdParty = thirdPartyHash();
  if (next.thirdParty !== last.thirdParty) {
    const { bundleThirdParty } = await import('./support/bundle-third-party.mjs');
    await bundleThirdParty();
    next.thirdParty = thirdPartyHash();
  }
  mkdirSync(targetDir, { recursive: true });
  writeFileSync(recordFile, `${JSON.stringify(next, null, 2)}\n`);
  if (written > 0) console.log(`Wrote ${written} of ${sources.length} files of lib/.`);
}

if (isMain(import.meta.url)) {
  await setup();
  await buildLib();
}
