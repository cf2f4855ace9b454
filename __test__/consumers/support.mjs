// Starts the consumer applications.
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { listenTo } from '../helpers/programs.mjs';

/**
 * Runs a program, without a shell, and returns all its output.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export function runProgram(command, args, options = {}) {
  return listenTo(spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })).ended;
}

/**
 * As {@link runProgram}, with the current Node.
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options]
 */
export const runNode = (args, options) => runProgram(process.execPath, args, options);

/** npm's own file, to be run with the current Node. */
export function npmCli() {
  const named = process.env.npm_execpath;
  if (named?.endsWith('npm-cli.js')) return named;
  const places = [
    path.dirname(realpathSync(process.execPath)),
    ...(process.env.PATH ?? '').split(path.delimiter),
  ];
  for (const place of places) {
    // On Windows npm is next to its command; elsewhere the command is a link to it.
    const beside = path.join(place, 'node_modules/npm/bin/npm-cli.js');
    if (existsSync(beside)) return beside;
    const command = path.join(place, 'npm');
    const target = existsSync(command) ? realpathSync(command) : '';
    if (target.endsWith('npm-cli.js')) return target;
  }
  throw new Error('no npm beside this Node, nor in PATH');
}

/**
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function runNpm(args, options) {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  return runNode([npmCli(), ...args, ...quiet], options);
}

/** The paths that `npm pack` would put into a package. @param {string} folder @returns {Promise<string[]>} */
export async function packedFiles(folder) {
  const ran = await runNpm(['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: folder });
  if (ran.code !== 0) throw new Error(ran.output);
  // npm 11 returns a list, npm 12 an object by name.
  const [{ files }] = Object.values(JSON.parse(ran.stdout));
  return files.map((/** @type {{ path: string }} */ file) => file.path);
}

/**
 * Packs the package as it was built.
 * @param {string} root
 * @param {string} folder Where the tarball goes.
 * @returns {Promise<string>} Its path.
 */
export async function pack(root, folder) {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const ran = await runNpm(args, { cwd: root });
  if (ran.code !== 0) throw new Error(ran.output);
  const [{ filename }] = Object.values(JSON.parse(ran.stdout));
  return path.join(folder, filename);
}

/**
 * Installs a tarball, and everything in the folder's package.json.
 * @param {string} folder
 * @param {string} tarball
 */
export async function installTarball(folder, tarball) {
  const args = ['install', tarball, '--no-save', '--no-package-lock', '--prefer-offline'];
  const ran = await runNpm(args, { cwd: folder });
  if (ran.code !== 0) throw new Error(ran.output);
}
