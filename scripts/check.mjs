// Checks that do not run our code: format, lint, types, licences, package.
//   node scripts/check.mjs              all of them
//   node scripts/check.mjs lint types   the named ones
import { spawnSync } from 'node:child_process';
import { setup } from './setup.mjs';
import { isMain, nodeModule, run, section } from './support/process.mjs';

/** @type {(relative: string, ...args: string[]) => string[]} */
const node = (relative, ...args) => [process.execPath, nodeModule(relative), ...args];

const deny = ['cargo', 'deny', '--offline', '--locked', 'check', '--hide-inclusion-graph'];

/** @type {Record<string, string[][]>} */
export const checks = {
  rustfmt: [['cargo', 'fmt', '--all', '--check']],
  // In the profile of the tests, which then need not compile macros and build scripts again.
  clippy: [
    [
      ...['cargo', 'clippy', '--profile', 'fastdev', '--workspace', '--all-targets', '--locked'],
      ...['--', '-D', 'warnings'],
    ],
  ],
  // The fuzz targets are a separate workspace, which no other check builds.
  'fuzz-lock': [
    ['cargo', 'update', '--workspace', '--locked', '--manifest-path', 'fuzz/Cargo.toml'],
  ],
  // Without advisories: they need a database from the network. CI has a job for them.
  deny: [[...deny, 'licenses', 'bans', 'sources']],
  lint: [node('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')],
  types: ['tsconfig.json', 'lib/tsconfig.json'].map((project) =>
    node('typescript7/bin/tsc', '-p', project),
  ),
  package: [
    node('publint/src/cli.js', '--strict'),
    node('@arethetypeswrong/cli/dist/index.js', '--pack', '--profile', 'node16'),
  ],
};

/** Whether the check can run here: cargo-deny takes minutes to compile, so it is not installed for it. @param {string} name */
const canRun = (name) => name !== 'deny' || spawnSync('cargo', ['deny', '--version']).status === 0;

/** @param {string[]} names */
async function main(names) {
  const unknown = names.find((name) => !(name in checks));
  if (unknown)
    throw new Error(`no check "${unknown}": choose from ${Object.keys(checks).join(', ')}`);
  await setup();
  /** @type {string[]} */
  const failed = [];
  for (const name of names.length > 0 ? names : Object.keys(checks)) {
    section(name);
    if (!canRun(name)) {
      console.log('not run: install cargo-deny for it (cargo install --locked cargo-deny)');
      continue;
    }
    for (const [command, ...args] of checks[name]) {
      if ((await run(command, args)) !== 0 && !failed.includes(name)) failed.push(name);
    }
  }
  console.log(failed.length > 0 ? `\nfailed: ${failed.join(', ')}` : '\nall checks passed');
  return failed.length;
}

if (isMain(import.meta.url)) process.exitCode = (await main(process.argv.slice(2))) > 0 ? 1 : 0;
