// The life of a process and its worker threads: it ends neither late nor early, and never crashes.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { deferred, json, serve } from './helpers/servers.mjs';

/** Far longer than any of these takes: a process that hangs must fail the test. */
const PATIENCE_MS = 30_000;

const fixture = (/** @type {string} */ file) =>
  fileURLToPath(new URL(`./fixtures/${file}`, import.meta.url));

/** Answers `/ok` at once, `/hang` never, and `/gate` on request. */
async function startServer() {
  const gate = deferred();
  const server = await serve(async ({ url }, response) => {
    if (url === '/gate') await gate.promise;
    if (url === '/ok' || url === '/gate') json(response, 200, {});
  });
  return { ...server, open: gate.resolve };
}

/**
 * @param {string[]} args
 * @param {(text: string, child: import('node:child_process').ChildProcess) => void} [onOutput]
 */
function run(args, onOutput) {
  const child = spawn(process.execPath, args, { timeout: PATIENCE_MS, killSignal: 'SIGKILL' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    onOutput?.(stdout, child);
  });
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

const runCase = async (name, onOutput) => {
  const server = await startServer();
  const ended = await run([fixture('process-cases.mjs'), name, server.baseUrl], (text, child) =>
    onOutput?.(server, text, child),
  );
  return { ...ended, server };
};

/** @param {number | null} code @param {{ code: unknown, signal: unknown, stderr: string }} ended */
function assertEnded(code, ended) {
  assert.deepEqual([ended.code, ended.signal], [code, null], ended.stderr);
}

test('an idle process ends by itself, connections kept alive or not', async () => {
  for (const [name, output] of [
    ['idle', 'answered\n'],
    ['watched', 'answered\n'],
    ['unused', 'made\n'],
  ]) {
    const ended = await runCase(name);
    assertEnded(0, ended);
    assert.equal(ended.stdout, output);
    assert.equal(ended.stderr, '');
  }
});

test('a call in flight keeps the process alive until it settles', async () => {
  const ended = await runCase('settles', (server, text) => {
    if (text === 'started\n') server.open();
  });
  assertEnded(0, ended);
  assert.equal(ended.stdout, 'started\nanswered true\nidle\n');
});

test('process.exit with 200 calls in flight keeps its exit code', async () => {
  for (const [name, code] of /** @type {const} */ ([
    ['exit', 3],
    ['exitBusy', 4],
    ['exitWatched', 4],
  ])) {
    const ended = await runCase(name);
    assertEnded(code, ended);
    assert.equal(ended.stderr, '');
  }
});

test('SIGTERM with calls in flight ends the process as usual', async () => {
  const ended = await runCase('terminated', (_, text, child) => {
    if (text === 'started\n') child.kill('SIGTERM');
  });
  assert.deepEqual([ended.code, ended.signal], [null, 'SIGTERM'], ended.stderr);
});

test('an unhandled rejection ends the process as usual', async () => {
  const ended = await runCase('unhandled');
  assertEnded(1, ended);
  assert.match(ended.stderr, /TwentyCrmApiError/);
  assert.match(ended.stderr, /VALIDATION_ERROR/);
  assert.match(ended.stderr, /process-cases\.mjs/);

  const handled = await runCase('handledLater');
  assertEnded(0, handled);
  assert.equal(handled.stdout, 'VALIDATION_ERROR\n');
});

test('errors thrown by the caller’s code stay the caller’s', async () => {
  for (const name of ['throwsInThen', 'throwsInListener']) {
    const ended = await runCase(name);
    assertEnded(1, ended);
    assert.match(ended.stderr, /RangeError: thrown by the caller/);
  }
});

/**
 * @param {string} name
 * @param {{ loaded: boolean, workers: number, atOnce: number }} how
 */
async function runWorkers(name, { loaded, workers, atOnce }) {
  const server = await startServer();
  const ended = await run([
    fixture('workers-main.mjs'),
    server.baseUrl,
    loaded ? 'loaded' : 'unloaded',
    name,
    ...[workers, atOnce].map(String),
  ]);
  assertEnded(0, ended);
  assert.equal(ended.stderr, '');
  const { before, after, codes } = JSON.parse(ended.stdout);
  const worked = loaded ? true : undefined;
  assert.deepEqual({ before, after }, { before: worked, after: worked });
  return codes;
}

test('50 workers terminated with 64 calls in flight each; the main thread goes on', async () => {
  const codes = await runWorkers('hang', { loaded: true, workers: 50, atOnce: 5 });
  assert.deepEqual(codes, { 1: 50 });
});

test('the same if the main thread has never loaded the addon', async () => {
  const codes = await runWorkers('hang', { loaded: false, workers: 50, atOnce: 5 });
  assert.deepEqual(codes, { 1: 50 });
});

test('workers terminated while answers arrive, and in the middle of upserts', async () => {
  for (const name of ['busy', 'watched', 'upserts']) {
    const codes = await runWorkers(name, { loaded: true, workers: 16, atOnce: 4 });
    assert.deepEqual(codes, { 1: 16 });
  }
});

test('the calls of a terminated worker end with it', async () => {
  const all = deferred();
  const server = await serve(({ number }) => {
    if (number === 64) all.resolve();
  });
  const workerData = { baseUrl: server.baseUrl, name: 'hang' };
  const worker = new Worker(fixture('worker.mjs'), { workerData });
  await all.promise;
  const closed = [...server.sockets].map((socket) => once(socket, 'close'));
  await worker.terminate();
  await Promise.all(closed);
  assert.equal(server.seen.length, 64, 'and nothing is sent again');
});

test('workers that exit with calls in flight keep their exit code', async () => {
  const codes = await runWorkers('exit', { loaded: true, workers: 12, atOnce: 4 });
  assert.deepEqual(codes, { 7: 12 });
});

test('workers that end normally exit with 0, connections kept alive or not', async () => {
  for (const loaded of [true, false]) {
    const codes = await runWorkers('normal', { loaded, workers: 12, atOnce: 4 });
    assert.deepEqual(codes, { 0: 12 });
  }
});
