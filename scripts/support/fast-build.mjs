// The addon in the fast profile. @napi-rs/cli always builds for a named target, whose crates
// `cargo test` would compile again, so cargo is run here, and the cli's functions do the rest.
import { copyFileSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generateTypeDef, parseTriple } from '@napi-rs/cli';
import { cargoArgs } from './cargo.mjs';
import { root, runOrThrow } from './process.mjs';

/** @typedef {{ library: string, isCompiled: boolean }} Artifact */

/**
 * What cargo says of the addon's library.
 * @param {string} messages One JSON object a line, as `--message-format=json` prints them.
 * @returns {Artifact}
 */
export function findLibrary(messages) {
  const artifact = messages
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .find(
      ({ reason, target }) => reason === 'compiler-artifact' && target.name === 'twenty_crm_native',
    );
  /** @type {string | undefined} */
  const library = artifact?.filenames.find((/** @type {string} */ file) =>
    /\.(so|dylib|dll)$/.test(file),
  );
  if (library === undefined) throw new Error('cargo built no library of twenty-crm-native');
  return { library, isCompiled: !artifact.fresh };
}

/** @param {boolean} withSim */
async function compile(withSim) {
  let messages = '';
  const args = cargoArgs('build', withSim ? 'all' : 'addon');
  await runOrThrow('cargo', [...args, '--message-format=json-render-diagnostics'], {
    onStdout: (text) => (messages += text),
    isShown: false,
  });
  return findLibrary(messages);
}

/** The name of this machine's kind in the name of the addon's file. */
async function platform() {
  let version = '';
  await runOrThrow('rustc', ['-vV'], { onStdout: (text) => (version += text), isShown: false });
  const triple = /^host: (.*)$/m.exec(version)?.[1] ?? '';
  return parseTriple(triple).platformArchABI;
}

/** `native.d.ts`, from what the macros of napi-derive wrote when the library was compiled (.cargo/config.toml). */
async function writeTypes() {
  const typeDefDir = path.join(root, 'target/type-defs');
  const { dts } = await generateTypeDef({ typeDefDir, constEnum: false, cwd: root });
  const file = path.join(root, 'native.d.ts');
  if (dts !== readFileSync(file, 'utf8')) writeFileSync(file, dts);
}

/**
 * @param {object} how
 * @param {boolean} how.withSim Whether the simulator is compiled in the same run.
 * @param {boolean} how.typesAreWritten Whether native.d.ts is of these sources already.
 */
export async function fastBuild({ withSim, typesAreWritten }) {
  let { library, isCompiled } = await compile(withSim);
  if (!isCompiled && !typesAreWritten) {
    // Another command compiled the library, perhaps side by side with its tests, which write to the same file of types.
    const now = new Date();
    utimesSync(path.join(root, 'src/lib.rs'), now, now);
    ({ library, isCompiled } = await compile(withSim));
  }
  if (isCompiled) await writeTypes();
  const addon = path.join(root, `twenty-crm-native.${await platform()}.node`);
  // A process that has loaded the old file keeps it.
  copyFileSync(library, `${addon}.new`);
  renameSync(`${addon}.new`, addon);
}
