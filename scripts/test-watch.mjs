// `npm run test:watch -- WORD`: runs `npm test -- WORD`, and again whenever a source changes.
import { watch } from 'node:fs';
import path from 'node:path';
import { isMain, root, run } from './support/process.mjs';

/** What tests depend on. The root is watched without its folders: `target` and `node_modules` change all the time. */
const folders = ['__test__', 'bin', 'docs', 'examples', 'lib', 'scripts', 'sim', 'src', 'types'];
const rootFile = /^(Cargo\.(toml|lock)|build\.rs|index\..*|package\.json|.*\.md)$/;
const generated = /^(lib\/.*\.js(\.new)?|types\/values\.d\.ts)$/;

/**
 * Whether a changed file is a source: not generated, not an editor's copy.
 * @param {string} file Relative to the root, with slashes.
 */
export function isSource(file) {
  const names = file.split('/');
  if (names.some((name) => name.startsWith('.') || name.endsWith('~') || name === 'node_modules'))
    return false;
  return names.length === 1 ? rootFile.test(file) : !generated.test(file);
}

/**
 * A function that asks for a run. All that ask while one is going on get one more after it.
 * @param {() => Promise<unknown>} work
 * @returns {() => Promise<void>} Resolves when nothing is asked for any more.
 */
export function rerunner(work) {
  let isWanted = false;
  /** @type {Promise<void> | undefined} */
  let running;
  const loop = async () => {
    while (isWanted) {
      isWanted = false;
      await work();
    }
    running = undefined;
  };
  return () => {
    isWanted = true;
    running ??= loop();
    return running;
  };
}

/** An editor writes a file in several steps. */
const quietMs = 100;

/** @param {string[]} words */
function main(words) {
  const ask = rerunner(async () => {
    await run(process.execPath, [path.join(root, 'scripts/test.mjs'), ...words]);
    console.log('\nWaiting for a change. Ctrl-C ends.');
  });
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @param {string} folder @param {boolean} recursive */
  const follow = (folder, recursive) =>
    watch(path.join(root, folder), { recursive }, (_event, name) => {
      if (name === null) return;
      const file = path.posix.join(folder, name.replaceAll(path.sep, '/'));
      if (!isSource(file)) return;
      clearTimeout(timer);
      timer = setTimeout(ask, quietMs);
    });
  follow('.', false);
  for (const folder of folders) follow(folder, true);
  ask();
}

if (isMain(import.meta.url)) main(process.argv.slice(2));
