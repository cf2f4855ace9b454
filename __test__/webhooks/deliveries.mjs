// Helpers of the webhook tests: deliveries signed as in docs/twenty/protocol.md#webhooks, and the recorded ones.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { signTwentyWebhook } from '../../sim/npm/index.mjs';

export const SECRET = 'whsec-4b9d1f';
export const NOW = 1_795_437_085_348;

/** @param {object} [changes] */
export function personEvent(changes) {
  return {
    targetUrl: 'https://site.example/api/twenty',
    eventName: 'person.updated',
    objectMetadata: { id: '6c156cee-48db-42e1-922c-faddf0ab3b9f', nameSingular: 'person' },
    workspaceId: '20202020-1c25-4d02-bf25-6aeccf7ea419',
    webhookId: 'eff424ce-482a-4577-807f-c0b40b3ec666',
    eventDate: '2026-11-23T12:31:26.557Z',
    record: {
      id: '9e3fd094-5da5-402b-b1d6-658a8b939587',
      createdAt: '2026-11-23T12:31:25.322Z',
      updatedAt: '2026-11-23T12:31:26.547Z',
      deletedAt: null,
      jobTitle: 'CTO é"\\ 💥',
      externalId: 'cli_1',
    },
    updatedFields: ['jobTitle'],
    ...changes,
  };
}

/**
 * A delivery of `body`, which is sent as it is.
 * @param {string} body
 * @param {{ secret?: string, at?: number }} [how]
 */
export function deliver(body, { secret = SECRET, at = NOW } = {}) {
  const nonce = 'b52841e0eda1da997c8b258f3181649c';
  const { headers } = signTwentyWebhook({ body, secret, timestamp: at, nonce });
  return { rawBody: body, headers };
}

/** Reproducible random numbers (mulberry32), so that a failure can be repeated. @param {number} seed */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const shared = fileURLToPath(new URL('../../../shared/twenty', import.meta.url));
const file = path.join(shared, 'webhook-deliveries.jsonl');

/** Why the recorded deliveries are not available, or false. */
export const recordedSkip = existsSync(file) ? false : `no recorded deliveries at ${file}`;

/**
 * The deliveries of a real server, and by webhook the secrets that it was given or made up.
 * @returns {{ deliveries: any[], secrets: Map<string, string> }}
 */
export function recorded() {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  /** @type {Map<string, string>} */
  const secrets = new Map();
  const folder = path.join(shared, 'transcripts');
  for (const name of readdirSync(folder).filter((name) => /^33\d-webhook-create/.test(name))) {
    const { body } = JSON.parse(readFileSync(path.join(folder, name), 'utf8')).response;
    if (body?.secret) secrets.set(body.id, body.secret);
  }
  return { deliveries: lines.map((line) => JSON.parse(line)), secrets };
}
