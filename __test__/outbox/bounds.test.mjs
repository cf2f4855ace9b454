// Calls with a time limit are not blocked by another caller's round, by a CRM or by a store that never answers. Claimed
// records are handed back, or free when their lease ends. No server, no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqliteOutbox } from '../../index.mjs';
import { deferred } from '../helpers/servers.mjs';
import { FakeClock, newOutbox, person, until } from './helpers.mjs';

const METHODS = ['enqueue', 'claim', 'renew', 'settle', 'stats', 'deadLetters', 'retry', 'purge'];

/** An in-memory store. Its methods in `silent` do their work but never answer. */
function hangingStore(clock) {
  const inner = sqliteOutbox(':memory:', { now: clock.wall });
  const store = { inner, silent: new Set(), asked: [], gate: deferred() };
  for (const name of METHODS) {
    store[name] = async (...args) => {
      store.asked.push(name);
      const isSilent = store.silent.has(name);
      const answer = await inner[name](...args);
      if (isSilent) await store.gate.promise;
      return answer;
    };
  }
  return store;
}

/** An outbox with a record. A test can keep its store and service from answering. */
async function newHanging() {
  const clock = new FakeClock();
  const store = hangingStore(clock);
  const made = newOutbox({ clock, store });
  await made.outbox.enqueuePerson(person('1'));
  return { ...made, store };
}

const never = new Promise(() => {});
const lastSleep = (clock, ms) => clock.sleepers.some((sleeper) => sleeper.ms === ms);

test('a flush does not wait for the worker’s round longer than its time limit', async () => {
  const { outbox, service, clock } = await newHanging();
  service.gate = never;
  outbox.start();
  await until(() => service.runs.length === 1);
  const flushing = outbox.flush({ timeoutMs: 1_000 });
  await until(() => lastSleep(clock, 1_000));
  clock.advance(1_000);
  assert.deepEqual(await flushing, { delivered: 0, deadLettered: 0, pending: 1, delayed: 0 });
  assert.equal((await outbox.stats()).inFlight, 1, 'the worker goes on');
  await clock.passing(outbox.stop());
});

test('a short flush does not wait for a long one', async () => {
  const { outbox, service, clock } = await newHanging();
  service.gate = never;
  const long = outbox.flush({ timeoutMs: 15_000 });
  await until(() => service.runs.length === 1);
  const short = outbox.flush({ timeoutMs: 1_000 });
  await until(() => lastSleep(clock, 1_000));
  clock.advance(1_000);
  assert.equal((await short).pending, 1);
  clock.advance(14_000);
  assert.equal((await long).pending, 1);
  assert.equal((await outbox.stats()).inFlight, 0);
});

test('a drain whose signal aborts waits neither for the worker’s round nor for the store', async () => {
  for (const hang of ['service', 'claim', 'stats']) {
    const { outbox, service, clock, store } = await newHanging();
    if (hang === 'service') {
      service.gate = never;
      outbox.start();
      await until(() => service.runs.length === 1);
    } else {
      store.silent.add(hang);
    }
    const controller = new AbortController();
    const draining = outbox.drain({ signal: controller.signal });
    if (hang !== 'service') await until(() => store.asked.includes(hang));
    controller.abort(new Error('enough'));
    await assert.rejects(draining, /enough/, hang);
    store.silent.clear();
    await clock.passing(outbox.stop({ timeoutMs: 0 }));
  }
});

test('a store that does not answer a claim blocks neither flush nor stop; a late claim is handed back', async () => {
  const { outbox, service, clock, store } = await newHanging();
  store.silent.add('claim');
  const flushing = outbox.flush({ timeoutMs: 500 });
  await until(() => store.asked.includes('claim'));
  clock.advance(500);
  assert.equal((await flushing).delivered, 0);
  outbox.start();
  await until(() => store.asked.filter((name) => name === 'claim').length === 2);
  await clock.passing(outbox.stop({ timeoutMs: 500 }));
  assert.equal((await store.inner.stats()).inFlight, 1, 'taken, by a claim that nobody waits for');
  store.silent.clear();
  // The outbox itself is not stuck.
  await outbox.enqueuePerson(person('2'));
  assert.equal((await outbox.flush({ timeoutMs: 500 })).delivered, 1);
  store.gate.resolve();
  await until(async () => (await store.inner.stats()).inFlight === 0);
  await outbox.drain();
  assert.deepEqual(service.sent, ['2', '1']);
});

test('a store that does not take records back blocks neither flush nor stop; the lease ends', async () => {
  for (const end of ['flush', 'stop']) {
    const { outbox, service, clock, store, errors } = await newHanging();
    service.gate = never;
    store.silent.add('settle');
    // The answer is lost, and so is the request.
    store.settle = () => {
      store.asked.push('settle');
      return store.gate.promise;
    };
    const flushing = outbox.flush({ timeoutMs: 2_000 });
    await until(() => service.runs.length === 1);
    const ending = end === 'stop' ? outbox.stop({ timeoutMs: 2_000 }) : undefined;
    clock.advance(2_000);
    await until(() => store.asked.includes('settle'));
    await until(() => lastSleep(clock, 500));
    clock.advance(500);
    assert.equal((await flushing).delivered, 0);
    await ending;
    assert.deepEqual(
      errors.map(({ kind, code }) => [kind, code]),
      [['store', 'OPERATION_FAILED']],
    );
    const other = newOutbox({ clock, store: store.inner });
    assert.equal((await other.outbox.flush({ timeoutMs: 1 })).delivered, 0, 'nobody takes it yet');
    clock.advance(60_000);
    assert.equal((await other.outbox.flush({ timeoutMs: 1 })).delivered, 1);
  }
});

test('a flush whose store does not answer stats rejects, retryable', async () => {
  const { outbox, clock, store } = await newHanging();
  store.silent.add('stats');
  const flushing = outbox.flush({ timeoutMs: 2_000 });
  await until(() => store.asked.includes('stats'));
  clock.advance(2_000);
  await until(() => lastSleep(clock, 500));
  clock.advance(500);
  await assert.rejects(flushing, {
    code: 'OPERATION_FAILED',
    isRetryable: true,
    details: { reason: 'STORE' },
    message: /stats did not answer in time/,
  });
});

test('fifty flushes and drains at once do not leak', async (t) => {
  const warnings = [];
  const onWarning = (warning) => warnings.push(`${warning}`);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  const { outbox, service } = newOutbox();
  const gate = deferred();
  service.gate = gate.promise;
  for (let at = 0; at < 50; at += 1) await outbox.enqueuePerson(person(`${at}`));
  const { signal } = new AbortController();
  const waiting = Array.from({ length: 50 }, (_, at) =>
    at % 2 === 0 ? outbox.flush({ timeoutMs: 1_000 }) : outbox.drain({ signal }),
  );
  await until(() => service.runs.length === 1);
  gate.resolve();
  await Promise.all(waiting);
  // Node emits warnings in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
  assert.equal(service.crm.size, 50);
});
