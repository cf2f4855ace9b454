// A process that is killed in the middle of its work, and the moment of the kill.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { encode } from './http-frames.mjs';

/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {import('./fault-proxy.mjs').Scene} Scene */

/** Far longer than any of them takes: one that hangs is an error. */
const PATIENCE_MS = 300_000;

/**
 * Starts a script of this folder's parent; each line of its output is JSON.
 * @param {URL} script
 * @param {object} input Its first argument.
 * @param {(line: any) => void} onLine
 */
export function startVictim(script, input, onLine) {
  const child = spawn(process.execPath, [script.pathname, JSON.stringify(input)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  // A line that was cut off by the kill is ignored: it is not valid JSON.
  lines.on('line', (line) => line.endsWith('}') && onLine(JSON.parse(line)));
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  /** @type {Promise<{ code: number | null, signal: string | null }>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal });
    });
  });
  return { ended, kill: () => child.kill('SIGKILL') };
}

/**
 * A moment in a run of about `requests` requests: at one of them (before it is forwarded, after it was processed but
 * not answered, or after its answer) and up to 30 ms later, when the client is processing the answer.
 * @param {Random} random
 * @param {number} requests
 */
export function randomMoment(random, requests) {
  return {
    request: random.between(1, requests),
    phase: random.pick(/** @type {const} */ (['before', 'processed', 'answered'])),
    laterMs: random.chance(0.5) ? 0 : random.next() * 30,
  };
}

/**
 * Kills at that moment.
 * @param {ReturnType<typeof randomMoment>} moment
 * @param {() => void} kill
 * @returns {Scene}
 */
export function killAt({ request, phase, laterMs }, kill) {
  const killLater = async () => {
    if (laterMs > 0) await sleep(laterMs);
    kill();
  };
  return {
    request: (number) =>
      number === request
        ? {
            name: `kill -9, request ${phase}`,
            phase: 'whole',
            async play(exchange) {
              if (phase === 'before') return killLater();
              const answer = await exchange.answer();
              if (phase === 'answered') exchange.send(encode(answer));
              await killLater();
            },
          }
        : undefined,
  };
}
