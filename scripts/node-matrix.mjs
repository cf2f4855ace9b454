// Runs the Node tests under every supported Node with one addon: Node-API needs no build per version. The binaries come
// from npm, where the package `node` has one package per platform, and stay in target/node-matrix.
//   npm run node-matrix                 all versions, all Node tests
//   npm run node-matrix -- 22 26        those versions
//   npm run node-matrix -- 24 sync      and the tests whose path contains a word
//   npm run node-matrix -- --no-build   with the existing addon and simulator
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { buildAddon } from './build.mjs';
import { buildSim } from './build-sim.mjs';
import { root, section, targetDir } from './support/process.mjs';
import { countTap, heedExitCode, testFiles } from './test.mjs';

/** Supported release lines, oldest first. */
const lines = ['20', '22', '24', '26'];

const run = promisify(execFile);
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const system = process.platform === 'win32' ? 'win' : process.platform;
const packageName = `node-${system}-${process.arch}`;

/**
 * Installs the newest Node of a line; undefined if the registry has none.
 * @param {string} line
 * @returns {Promise<string | undefined>}
 */
async function install(line) {
  const folder = path.join(targetDir, 'node-matrix', line);
  const program = path.join(
    folder,
    'node_modules',
    packageName,
    process.platform === 'win32' ? 'bin/node.exe' : 'bin/node',
  );
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
    const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
    try {
      await run(npm, [...args, `${packageName}@^${line}.0.0`], {
        cwd: folder,
        shell: process.platform === 'win32',
      });
    } catch (error) {
      if (/E404|ETARGET/.test(error.stderr)) return undefined;
      throw error;
    }
  }
  return program;
}

/**
 * @param {string} program
 * @param {string} tapFile For the report.
 * @param {string[]} words
 */
async function test(program, tapFile, words) {
  let code = 0;
  const args = ['--test', '--test-reporter=tap', `--test-reporter-destination=${tapFile}`];
  // Tests that start a Node start this one: it comes first in PATH, and is their execPath.
  const env = {
    ...process.env,
    PATH: `${path.dirname(program)}${path.delimiter}${process.env.PATH}`,
  };
  await run(program, [...args, ...testFiles(words)], { cwd: root, env, maxBuffer: 2 ** 28 }).catch(
    (error) => {
      code = error.code ?? 1;
    },
  );
  const tap = readFileSync(tapFile, 'utf8');
  const failures = [...tap.matchAll(/^ *not ok \d+ - (.*?)(?: # .*)?$/gm)]
    .filter(([line]) => !/# (SKIP|TODO)/.test(line))
    .map(([, name]) => name);
  return { ...heedExitCode(countTap(tap), code), failures };
}

const args = process.argv.slice(2);
const chosen = lines.filter((line) => args.includes(line));
const words = args.filter((word) => !lines.includes(word) && word !== '--no-build');
if (!args.includes('--no-build')) {
  await buildAddon();
  await buildSim();
}
/** @type {Record<string, string | number>[]} */
const table = [];
for (const line of chosen.length > 0 ? chosen : lines) {
  section(`Node ${line}`);
  const program = await install(line);
  if (program === undefined) {
    console.log(`${packageName} ${line} is not in the registry`);
    table.push({ node: `${line}: not in the registry` });
    process.exitCode = 1;
    continue;
  }
  const { stdout } = await run(program, ['-p', 'process.version + " " + process.versions.napi']);
  const [node, nodeApi] = stdout.trim().split(' ');
  const tapFile = path.join(targetDir, 'node-matrix', line, 'report.tap');
  const { passed, failed, skipped, failures } = await test(program, tapFile, words);
  for (const name of failures) console.log(`failed: ${name}`);
  if (failed > 0) console.log(`details: ${tapFile}`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  table.push({ node, 'Node-API': nodeApi, passed, failed, skipped });
  if (failed > 0 || passed === 0) process.exitCode = 1;
}
section('summary');
console.table(table);
