// Paths, and starting other programs. Plain Node only: it runs before anything is installed.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Cargo's output folder. */
export const targetDir = path.resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');

/**
 * Runs a program in the repository's root, with its output on ours.
 * @param {string} command
 * @param {string[]} args
 * @param {{ onStdout?: (text: string) => void, isShown?: boolean }} [options] `onStdout` also receives its output,
 * and is the only one to receive it if it is not to be shown.
 * @returns {Promise<number>} Its exit code; 1 if a signal ended it.
 */
export function run(command, args, { onStdout, isShown = true } = {}) {
  return new Promise((resolve, reject) => {
    const stdout = onStdout ? 'pipe' : 'inherit';
    const child = spawn(command, args, { cwd: root, stdio: ['inherit', stdout, 'inherit'] });
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      if (isShown) process.stdout.write(text);
      onStdout?.(text);
    });
    child.on('error', (error) => {
      const missing = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT';
      reject(missing ? new Error(`${command} is not installed or not in PATH`) : error);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/**
 * As {@link run}, but a failure ends the script.
 * @param {string} command
 * @param {string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export async function runOrThrow(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) throw new Error(`\`${[command, ...args].join(' ')}\` failed with code ${code}`);
}

/** Runs npm with these arguments: the npm that runs this script, if one does. @param {string[]} args */
export async function runNpm(args) {
  const npm = process.env.npm_execpath;
  if (npm?.endsWith('.js')) await runOrThrow(process.execPath, [npm, ...args]);
  else await runOrThrow(process.platform === 'win32' ? 'npm.cmd' : 'npm', args);
}

/**
 * The program file of an npm package, to run with the current Node (no shell, no .cmd files).
 * @param {string} relative
 */
export const nodeModule = (relative) => path.join(root, 'node_modules', relative);

/** @param {string} title */
export function section(title) {
  console.log(`\n== ${title} ==`);
}

/**
 * Whether Node was started with this file.
 * @param {string} url `import.meta.url`
 */
export function isMain(url) {
  return process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(url);
}
