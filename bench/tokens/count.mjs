// Counts what one piece of work takes, on a simulated 2.31, where a GraphQL request takes one token.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { startSim } from '../../__test__/helpers/sim.mjs';
import { root } from '../../scripts/support/process.mjs';

/** @typedef {import('./works.mjs').Work} Work */
/** @typedef {import('./works.mjs').Goals} Goals */
/**
 * @typedef {object} Counted
 * @property {string} name
 * @property {string} title
 * @property {number} tokens Rate-limit tokens that the server took.
 * @property {number} requests Requests, without those for the workspace's fields.
 * @property {number} refusals By the rate limit.
 * @property {number} waitedMs Total time that calls waited for the rate limit.
 * @property {number | null} othersLater See `Outcome`.
 * @property {import('./works.mjs').Outcome} outcome
 * @property {Goals} goals
 * @property {boolean} isReached
 */

const run = promisify(execFile);
const childFile = path.join(root, 'bench', 'tokens', 'child.mjs');

/** The state of a new server; the buckets are full. */
const DEFAULT_LIMITS = { short: { limit: 100, ttlMs: 1000 }, long: { limit: 100, ttlMs: 60_000 } };

/**
 * Of each answer, so that all calls made at once arrive before the first answer, on a slow machine too. Which calls leave
 * together then does not depend on its speed.
 */
const LATENCY_MS = 50;

/** @param {{ routes: Record<string, number> }} stats */
const requestsOf = ({ routes }) =>
  Object.entries(routes)
    .filter(([route]) => !route.includes('/metadata'))
    .reduce((sum, [, count]) => sum + count, 0);

/**
 * The server's permanent refusal of a write.
 * @param {string} externalId
 * @returns {import('../../sim/npm/index.js').TwentySimFault[]}
 */
function refusalsOf(externalId) {
  const messages = ['This record is refused'];
  const body = { statusCode: 400, error: 'BadRequestException', messages };
  return ['POST', 'PATCH'].map((method) => ({
    method,
    path: '/rest',
    bodyContains: `"${externalId}"`,
    action: { type: 'status', status: 400, body },
  }));
}

/**
 * @param {Work} work
 * @param {number} runs As passed to `works`.
 * @returns {Promise<Counted>}
 */
export async function count(work, runs) {
  const sim = await startSim({ flavour: '2.31', logSize: 0, latencyMs: LATENCY_MS });
  try {
    const server = { baseUrl: sim.baseUrl, apiKey: sim.apiKey };
    if (work.held) {
      const { createTwentyCrmSyncService } = await import('../../index.mjs');
      const { created } = await createTwentyCrmSyncService(server).syncPersons(work.held);
      if (created !== work.held.length)
        throw new Error(`${work.name}: the CRM could not be prepared`);
    }
    if (work.isLimited) await sim.setOptions({ rateLimits: DEFAULT_LIMITS });
    if (work.refused) await sim.addFaults(refusalsOf(work.refused));
    const before = await sim.stats();
    const { stdout } = await run(process.execPath, [
      childFile,
      JSON.stringify({ name: work.name, runs, server }),
    ]);
    const after = await sim.stats();
    const { waitedMs, ...outcome } = JSON.parse(stdout);
    const failures = work.refused ? 1 : 0;
    if (outcome.failed !== failures) throw new Error(`${work.name}: ${outcome.failed} failed`);
    // Injected answers take no token, but a server takes one for a refusal.
    const refused = work.refused ? (after.statuses[400] ?? 0) - (before.statuses[400] ?? 0) : 0;
    const figures = {
      tokens: after.tokens - before.tokens + refused,
      requests: requestsOf(after) - requestsOf(before),
      refusals: after.rateLimited - before.rateLimited,
      waitedMs,
      othersLater: outcome.othersLater ?? null,
    };
    const { name, title, goals } = work;
    return { name, title, ...figures, outcome, goals, isReached: isWithin(figures, goals) };
  } finally {
    await sim.stop();
  }
}

/** @param {Record<keyof Goals, number | null>} figures @param {Goals} goals */
export const isWithin = (figures, goals) =>
  Object.entries(goals).every(
    ([figure, most]) => (figures[/** @type {keyof Goals} */ (figure)] ?? Infinity) <= most,
  );
