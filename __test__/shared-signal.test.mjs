// Many calls may share one AbortSignal.
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { after, before, test } from 'node:test';
import { TwentyCrmRestClient } from '../index.mjs';
import { startSim } from './helpers/sim.mjs';

/** @type {Awaited<ReturnType<typeof startSim>>} */
let sim;
/** @type {TwentyCrmRestClient} */
let client;
before(async () => {
  sim = await startSim({ preset: 'provisioned' });
  client = new TwentyCrmRestClient({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
});
after(() => sim.stop());

/** @param {AbortSignal} signal */
const fiftyCalls = (signal) =>
  Array.from({ length: 50 }, () => client.get('/rest/people?limit=0', { signal }));

test('it carries one listener while calls are in flight, and none afterwards', async () => {
  const { signal } = new AbortController();
  for (let round = 0; round < 2; round += 1) {
    const calls = fiftyCalls(signal);
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    for (const answer of await Promise.all(calls)) assert.ok(answer.success);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  }
});

test('aborting it ends all calls with its reason', async () => {
  const controller = new AbortController();
  await sim.addFaults({ path: '/rest/people', action: { type: 'stallHeaders' } });
  const calls = fiftyCalls(controller.signal);
  const reason = new Error('enough');
  controller.abort(reason);
  for (const end of await Promise.allSettled(calls)) {
    assert.deepEqual(end, { status: 'rejected', reason });
  }
  await sim.clearFaults();
});
