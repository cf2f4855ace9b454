// The rate limit through the whole package. The server's exact limit, in virtual time, is tested in
// src/core/sync/tests/pacing.rs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newPerson, rejection, useSim } from '../helpers/crm.mjs';

// The same shape as the default, 100 per 60000 ms, in a shorter window.
const crm = useSim({ preset: 'provisioned', rateLimit: '100/20000', logSize: 2000 });

/** Chunks of a run in flight: this many calls can be refused before the first refusal arrives. */
const IN_FLIGHT = 4;

// First, because a learnt limit stays learnt.
test('a cap of your own applies to all clients that have it, and is reported', async () => {
  const config = { maxRequestsPerMinute: 3, maxThrottleWaitMs: 10 };
  const service = crm.service({}, config);
  const client = crm.client(config);
  const error = await rejection(
    (async () => {
      for (let at = 0; at < 4; at += 1) await service.upsertPerson(newPerson());
    })(),
  );
  assert.equal(error.code, 'RATE_LIMIT');
  assert.equal(error.isRetryable, true);
  assert.match(error.message, /maxRequestsPerMinute \(3\) is used up/);
  const capped = await client.get('/rest/people?limit=1');
  assert.equal(capped.error?.code, 'RATE_LIMIT');
  assert.equal((await crm.sim.stats()).total, 3);

  const other = await crm.client().get('/rest/people?limit=1');
  assert.equal(other.success, true);
});

test('20,000 new people take 105 to 120 tokens, and hit the limit at most twice', async () => {
  const service = crm.service();
  // The schema is known, and the bucket is not quite full.
  for (let at = 0; at < 4; at += 1) await service.upsertPerson(newPerson());
  const before = await crm.sim.stats();
  const inputs = Array.from({ length: 20_000 }, () => newPerson());
  const summary = await service.syncPersons(inputs, { maxConcurrency: IN_FLIGHT });
  assert.deepEqual([summary.created, summary.failed], [20_000, 0]);
  const stats = await crm.sim.stats();
  const tokens = stats.tokens - before.tokens;
  assert.ok(tokens >= 105 && tokens <= 120, `${tokens} tokens`);
  const refused = summary.requests - tokens;
  assert.ok(refused <= 2 * IN_FLIGHT, `${refused} refused`);
  assert.equal(stats.records.people, 20_004);
});
