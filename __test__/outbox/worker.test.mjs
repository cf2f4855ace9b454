// The worker, its lease and its end: background delivery, stop, drain, flush. No server, no real time.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { sqliteOutbox } from '../../index.mjs';
import { deferred } from '../helpers/servers.mjs';
import { away, FakeClock, failure, newOutbox, person, until } from './helpers.mjs';

/** Waits until the worker sleeps for a second and renews no lease. @param {FakeClock} clock */
const waits = ({ sleepers }) => sleepers.length === 1 && sleepers[0].ms === 1_000;

test('in the background: own changes are delivered at once, those of other processes after a poll', async () => {
  const { outbox, service, clock, store } = newOutbox();
  outbox.start();
  outbox.start();
  await until(() => waits(clock));
  await outbox.enqueuePerson(person('1'));
  await until(() => service.crm.size === 1);
  await until(() => waits(clock));
  const { payload } = { payload: JSON.stringify(person('2')) };
  await store.enqueue([{ entity: 'person', externalId: '2', needs: null, payload }]);
  assert.equal(service.crm.size, 1);
  clock.advance(1_000);
  await until(() => service.crm.size === 2);
  assert.equal((await outbox.stats()).isRunning, true);
  await outbox.stop();
  assert.equal((await outbox.stats()).isRunning, false);
  await outbox.enqueuePerson(person('3'));
  outbox.start();
  await until(() => service.crm.size === 3);
  await outbox.stop();
});

test('a new change does not wake an outbox that waits for the CRM', async () => {
  const { outbox, service, clock } = newOutbox();
  service.answer = () => away;
  await outbox.enqueuePerson(person('1'));
  outbox.start();
  await until(() => waits(clock));
  await outbox.enqueuePerson(person('2'));
  assert.ok(waits(clock));
  service.answer = () => undefined;
  clock.advance(1_000);
  await until(() => service.crm.size === 2);
  assert.deepEqual(service.sent, ['1', '2', '1']);
  await outbox.stop();
});

test('stop lets work in flight finish', async () => {
  const { outbox, service } = newOutbox();
  const gate = deferred();
  service.gate = gate.promise;
  await outbox.enqueuePerson(person('1'));
  await outbox.enqueuePerson(person('2'));
  outbox.start();
  await until(() => service.runs.length === 1);
  const stopping = outbox.stop();
  await outbox.enqueuePerson(person('3'));
  gate.resolve();
  await stopping;
  assert.deepEqual([...service.crm.keys()], ['person:1', 'person:2']);
  const { pending, inFlight } = await outbox.stats();
  assert.deepEqual([pending, inFlight], [1, 0]);
});

test('stop hands back what does not end in time, free at once for the next worker', async () => {
  const { outbox, service, clock, store } = newOutbox();
  service.gate = new Promise(() => {});
  await outbox.enqueuePerson(person('1'));
  outbox.start();
  await until(() => service.runs.length === 1);
  assert.equal((await outbox.stats()).inFlight, 1);
  await clock.passing(outbox.stop({ timeoutMs: 500 }));
  assert.equal((await outbox.stats()).inFlight, 0);
  const other = newOutbox({ store, clock });
  await other.outbox.drain();
  assert.equal(other.service.crm.size, 1);
});

test('a service that ignores its signal cannot block a stop', async () => {
  const { outbox, service, clock } = newOutbox();
  let isAsked = false;
  service.syncPersons = async function* () {
    isAsked = true;
    await new Promise(() => {});
    yield undefined;
  };
  await outbox.enqueuePerson(person('1'));
  outbox.start();
  await until(() => isAsked);
  await clock.passing(outbox.stop({ timeoutMs: 500 }));
  assert.equal((await outbox.stats()).pending, 1);
});

test('a drain that is stopped or aborted rejects and hands back', async () => {
  const { outbox, service, clock } = newOutbox();
  service.gate = new Promise(() => {});
  await outbox.enqueuePerson(person('1'));
  const controller = new AbortController();
  const draining = outbox.drain({ signal: controller.signal });
  await until(() => service.runs.length === 1);
  controller.abort(new Error('enough'));
  await assert.rejects(draining, /enough/);
  assert.equal((await outbox.stats()).inFlight, 0);
  const again = outbox.drain();
  await until(() => service.runs.length === 2);
  await Promise.all([
    assert.rejects(again, { details: { reason: 'STOPPED' } }),
    clock.passing(outbox.stop({ timeoutMs: 0 })),
  ]);
  await assert.rejects(outbox.drain({ signal: AbortSignal.abort(new Error('before')) }), /before/);
  assert.equal((await outbox.stats()).inFlight, 0);
});

test('a flush takes no longer than its time limit, and hands back the rest', async () => {
  const { outbox, service, clock } = newOutbox({ batchSize: 1 });
  let asked = 0;
  service.answer = () => {
    asked += 1;
    return asked === 3 ? new Promise(() => {}) : undefined;
  };
  for (const id of ['1', '2', '3', '4']) await outbox.enqueuePerson(person(id));
  const flushing = outbox.flush({ timeoutMs: 2_000 });
  await until(() => asked === 3);
  clock.advance(2_000);
  assert.deepEqual(await flushing, { delivered: 2, deadLettered: 0, pending: 2, delayed: 0 });
  assert.equal((await outbox.stats()).inFlight, 0);
});

test('a flush does not wait for a CRM that is down longer than its time limit', async () => {
  const { outbox, service } = newOutbox({ initialBackoffMs: 10_000 });
  service.answer = () => away;
  await outbox.enqueuePerson(person('1'));
  const { error, ...counts } = await outbox.flush({ timeoutMs: 5_000 });
  assert.deepEqual(counts, { delivered: 0, deadLettered: 0, pending: 1, delayed: 0 });
  assert.equal(error.code, 'NETWORK_ERROR');
});

test('a worker that loses its lease stops, and its results are ignored', async () => {
  const clock = new FakeClock();
  const store = sqliteOutbox(':memory:', { now: clock.wall });
  const slow = newOutbox({ clock, store, leaseMs: 30_000 });
  slow.service.gate = new Promise(() => {});
  await slow.outbox.enqueuePerson(person('1', { plan: 'old' }));
  const flushing = slow.outbox.flush({ timeoutMs: 3_600_000 });
  await until(() => slow.service.runs.length === 1);
  // As if the process had been paused: its timers fire late.
  clock.ms += 31_000;
  const quick = newOutbox({ clock, store });
  await quick.outbox.enqueuePerson(person('1', { plan: 'new' }));
  await quick.outbox.flush({ timeoutMs: 1_000 });
  assert.equal(quick.service.crm.get('person:1').plan, 'new');
  clock.advance(0);
  const { delivered, pending } = await flushing;
  assert.deepEqual([delivered, pending, slow.service.crm.size], [0, 0, 0]);
});

test('setting the wall clock, by any amount, neither frees a held record nor blocks one', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'outbox-clock-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const right = Date.now;
  let offset = 0;
  t.mock.method(Date, 'now', () => right() + offset);
  const open = () => sqliteOutbox(path.join(folder, 'outbox.sqlite'));
  const [slow, quick] = [newOutbox({ store: open() }), newOutbox({ store: open() })];
  t.after(() => Promise.all([slow.outbox.close(), quick.outbox.close()]));
  const [second, hour, year] = [1_000, 3_600_000, 31_536_000_000];
  for (const jump of [-year, -hour, -second, second, hour, year]) {
    const gate = deferred();
    slow.service.gate = gate.promise;
    await slow.outbox.enqueuePerson(person('held', { plan: `${jump}` }));
    const draining = slow.outbox.drain();
    await until(() => slow.service.runs.length === 1);

    offset = jump;
    assert.equal((await quick.outbox.flush()).delivered, 0, `held, ${jump}`);
    assert.equal((await quick.outbox.stats()).inFlight, 1);
    gate.resolve();
    await draining;

    // Claimed or delayed by the other clock.
    const token = 'a worker that died';
    await slow.outbox.enqueuePerson(person('left'));
    const [record] = await slow.store.claim({ token, limit: 9, leaseMs: 60_000, isProbe: false });
    const { entity, externalId } = record;
    const lane = { attempts: 1, delayMs: 1 };
    const back = { entity, externalId, remove: [], rewrite: [], lane };
    offset = 0;
    assert.deepEqual(await slow.store.settle({ token, records: [back] }), [true]);
    await until(async () => (await quick.outbox.flush()).pending === 0);
    assert.deepEqual(quick.service.sent, ['left']);
    slow.service.runs.length = 0;
    quick.service.runs.length = 0;
  }
});

test('a lease is renewed as long as the delivery takes', async () => {
  const { outbox, service, clock, store } = newOutbox({ leaseMs: 30_000 });
  const gate = deferred();
  service.gate = gate.promise;
  await outbox.enqueuePerson(person('1'));
  const draining = outbox.drain();
  await until(() => service.runs.length === 1);
  for (let beat = 0; beat < 20; beat += 1) {
    clock.advance(10_000);
    // Another store call waits behind the renewal for the file's lock.
    await store.stats();
    await until(() => clock.sleepers.length === 1);
    assert.deepEqual(
      await store.claim({ token: 'other', limit: 1, leaseMs: 1, isProbe: false }),
      [],
    );
  }
  gate.resolve();
  await draining;
  assert.equal(service.crm.size, 1);
});

test('a failing store is retried, and unreported work is delivered again', async () => {
  const clock = new FakeClock();
  const inner = sqliteOutbox(':memory:', { now: clock.wall });
  let failing = [];
  const store = Object.fromEntries(
    ['enqueue', 'claim', 'renew', 'settle', 'stats', 'deadLetters', 'retry', 'purge', 'close'].map(
      (name) => [
        name,
        async (...args) => {
          if (failing.includes(name)) throw failure('OPERATION_FAILED', { isRetryable: true });
          return inner[name](...args);
        },
      ],
    ),
  );
  const { outbox, service, errors } = newOutbox({ clock, store });
  failing = ['enqueue'];
  await assert.rejects(outbox.enqueuePerson(person('1')));
  failing = ['settle'];
  await outbox.enqueuePerson(person('1'));
  const draining = clock.passing(outbox.drain());
  await until(() => errors.length > 0);
  assert.equal(errors[0].kind, 'store');
  failing = ['claim'];
  await until(() => errors.length > 3);
  failing = [];
  await draining;
  // The lease of the unreported round had to expire first.
  assert.equal(service.runs.length, 2);
  assert.equal((await outbox.stats()).pending, 0);
});
