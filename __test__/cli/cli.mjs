// Helpers of the command-line tests: they run the real program as a process of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { listenTo } from '../helpers/programs.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const bin = path.join(root, 'bin/twenty-crm-native.js');

const folder = mkdtempSync(path.join(tmpdir(), 'twenty-cli-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;

/**
 * A file with this content, in a folder that is deleted after the tests.
 * @param {string} name
 * @param {string | Buffer} content
 */
export function file(name, content) {
  const full = fresh(name);
  writeFileSync(full, content);
  return full;
}

/** The path of a file that does not exist yet. @param {string} name */
export function fresh(name) {
  files += 1;
  return path.join(folder, `${files}-${name}`);
}

/** The environment without variables that affect the program. */
const bare = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(TWENTY_|NO_COLOR|FORCE_COLOR|NODE_)/.test(name),
  ),
);

/** @param {{ baseUrl: string, apiKey: string }} sim */
export const envOf = ({ baseUrl, apiKey }) => ({
  TWENTY_CRM_BASE_URL: baseUrl,
  TWENTY_CRM_API_KEY: apiKey,
});

/**
 * The program, started. @param {string[]} args @param {Record<string, string>} [env]
 */
export function start(args, env = {}) {
  const child = spawn(process.execPath, [bin, ...args], { env: { ...bare, ...env } });
  child.stdin.on('error', () => {});
  const { printed, ended } = listenTo(child);
  return {
    child,
    ended,
    /** Waits until stderr matches. @param {RegExp} pattern */
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => pattern.test(printed.stderr) && resolve(undefined);
        child.stderr.on('data', look);
        child.once('close', () =>
          reject(new Error(`ended without saying ${pattern}: ${printed.stderr}`)),
        );
        look();
      }),
  };
}

/**
 * The program, from its start to its end.
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, input?: string | Iterable<Buffer> }} [options]
 */
export function run(args, { env, input = '' } = {}) {
  const { child, ended } = start(args, env);
  // A program that has read enough closes its end of the pipe.
  pipeline(Readable.from(typeof input === 'string' ? [input] : input), child.stdin, () => {});
  return ended;
}

/**
 * Runs the program with `--json` and parses its one line.
 * @param {string[]} args
 * @param {{ env?: Record<string, string>, input?: string | Iterable<Buffer> }} [options]
 */
export async function runJson(args, options) {
  const ran = await run([...args, '--json'], options);
  const lines = ran.stdout.split('\n');
  if (lines.length !== 2 || lines[1] !== '') throw new Error(`not one line: ${ran.stdout}`);
  return { ...ran, json: JSON.parse(lines[0]) };
}

/** @param {unknown[]} records */
export const ndjson = (records) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
