// What the outbox makes of answers: who is tried again, who is given up, who waits for whom. No server, no real time.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createTwentyCrmOutbox, createTwentyCrmSyncService, sqliteOutbox } from '../../index.mjs';
import { deferred } from '../helpers/servers.mjs';
import {
  away,
  company,
  FakeClock,
  FakeService,
  failure,
  invalid,
  newOutbox,
  person,
  unauthorised,
  until,
} from './helpers.mjs';

test('several edits of a record are delivered as one, field by field', async () => {
  const { outbox, service } = newOutbox();
  await outbox.enqueuePerson(person('1', { plan: 'free', city: 'Lyon', phone: '1' }));
  await outbox.enqueuePerson(person('1', { plan: 'premium', city: undefined, job_title: null }));
  await outbox.enqueuePerson(person('1', { name: 'New Name', phone: null }));
  const { pending, changes } = await outbox.stats();
  assert.deepEqual([pending, changes], [1, 3]);
  await outbox.drain();
  assert.deepEqual(service.runs, [
    {
      entity: 'person',
      inputs: [
        person('1', {
          name: 'New Name',
          plan: 'premium',
          city: 'Lyon',
          phone: null,
          job_title: null,
        }),
      ],
    },
  ]);
});

test('companies are delivered before people, and all in batches', async () => {
  const { outbox, service } = newOutbox({ batchSize: 3 });
  await outbox.enqueuePerson(person('p1', { company_external_id: 'c2' }));
  await outbox.enqueuePerson(person('p2'));
  await outbox.enqueueCompany(company('c1'));
  await outbox.enqueueCompany(company('c2'));
  await outbox.enqueuePerson(person('p3'));
  await outbox.drain();
  assert.deepEqual(service.sent, ['*c1 *c2', 'p2', 'p1 p3']);
});

test('what a service would refuse is refused before it is stored', async () => {
  const { outbox } = newOutbox();
  const throwing = Object.defineProperty({}, 'external_id', {
    enumerable: true,
    get() {
      throw new Error('no');
    },
  });
  const cycle = person('1');
  cycle.self = cycle;
  for (const [field, call] of [
    ['external_id', () => outbox.enqueuePerson({ name: 'x', email: 'x@example.com' })],
    ['external_id', () => outbox.enqueuePerson(person('nul \0'))],
    ['external_id', () => outbox.enqueuePerson(throwing)],
    ['name', () => outbox.enqueuePerson(person('1', { name: ' ' }))],
    ['email', () => outbox.enqueuePerson(person('1', { email: 'nope' }))],
    [
      'total_submissions',
      () => outbox.enqueuePerson(person('1', { total_submissions: Number.NaN })),
    ],
    ['self', () => outbox.enqueuePerson(cycle)],
    ['name', () => outbox.enqueueCompany({ external_id: '1' })],
    ['input', () => outbox.enqueueCompany(undefined)],
    ['input', () => outbox.enqueueCompany([company('1')])],
    ['client', () => outbox.enqueueCompany(company('1'), { client: {} })],
  ]) {
    await assert.rejects(call(), (error) => {
      assert.equal(error.code, 'VALIDATION_ERROR', `${error}`);
      assert.equal(error.details.field, field);
      return true;
    });
  }
  await assert.rejects(outbox.enqueuePerson(person('half \ud800')), { code: 'VALIDATION_ERROR' });
  assert.equal((await outbox.stats()).changes, 0);
});

test('what the service’s own options allow is allowed', async () => {
  const event = [];
  const lax = createTwentyCrmSyncService(
    {},
    { mode: 'platform', invalidEmail: 'leave_out', publish: (one) => event.push(one) },
  );
  const bad = person('1', { email: 'nope' });
  const { outbox } = newOutbox({ service: lax });
  await outbox.enqueuePerson(bad);
  await outbox.drain();
  assert.equal(event[0].payload.email, 'nope');
  await newOutbox({ invalidEmail: 'leave_out' }).outbox.enqueuePerson(bad);
});

test('in platform mode each record is published once', async () => {
  const events = [];
  const service = createTwentyCrmSyncService(
    {},
    { mode: 'platform', publish: async (event) => events.push(event) },
  );
  const { outbox } = newOutbox({ service });
  await outbox.enqueuePerson(person('1', { plan: 'a' }));
  await outbox.enqueuePerson(person('1', { plan: 'b' }));
  await outbox.enqueueCompany(company('2'));
  await outbox.drain();
  assert.deepEqual(
    events.map(({ type, payload }) => [type, payload.external_id, payload.plan]),
    [
      ['company.upsert', '2', undefined],
      ['person.upsert', '1', 'b'],
    ],
  );
});

test('a publish function that throws for one record keeps only that one back', async () => {
  const published = [];
  const service = createTwentyCrmSyncService(
    {},
    {
      mode: 'platform',
      publish: async ({ payload }) => {
        if (payload.external_id === '1') throw new Error('the queue refuses it');
        published.push(payload.external_id);
      },
    },
  );
  const { outbox, errors } = newOutbox({ service });
  for (const id of ['1', '2', '3']) await outbox.enqueuePerson(person(id));
  const { delivered, pending } = await outbox.flush({ timeoutMs: 1 });
  assert.deepEqual([delivered, pending, published], [2, 1, ['2', '3']]);
  assert.deepEqual(
    errors.map(({ kind, records }) => [kind, records]),
    [['records', 1]],
  );
  assert.equal((await outbox.stats()).deadLetters, 0);
});

test('while the CRM is away it is asked with one record, less and less often; nothing is lost', async () => {
  const { outbox, service, clock, errors } = newOutbox({
    initialBackoffMs: 1_000,
    maxBackoffMs: 8_000,
  });
  for (const id of ['1', '2', '3']) await outbox.enqueuePerson(person(id));
  let failures = 7;
  service.answer = () => {
    if (failures <= 0) return undefined;
    failures -= 1;
    return away;
  };
  await clock.passing(outbox.drain());
  // The first round fails for all three; then one record at a time, each in its turn; the first that goes well opens.
  assert.deepEqual(service.sent, ['1 2 3', '1', '2', '3', '1', '2', '1 3']);
  assert.deepEqual(clock.slept, [1_000, 2_000, 4_000, 8_000, 8_000]);
  assert.deepEqual([...service.crm.keys()].sort(), ['person:1', 'person:2', 'person:3']);
  assert.ok(errors.every(({ kind, code }) => kind === 'away' && code === 'NETWORK_ERROR'));
  const { state, deadLetters } = await outbox.stats();
  assert.deepEqual([state, deadLetters], ['open', 0]);
});

test('no number of failures that may pass makes a dead letter', async () => {
  const { outbox, service, clock } = newOutbox();
  const codes = ['TIMEOUT', 'RATE_LIMIT', 'SERVER_ERROR', 'NETWORK_ERROR'];
  let tries = 0;
  service.answer = () => {
    tries += 1;
    if (tries === 200) return undefined;
    if (tries % 7 === 0) {
      return failure('OPERATION_FAILED', { isRetryable: false, details: { reason: 'TOO_LARGE' } });
    }
    return tries % 5 === 0
      ? failure('OPERATION_FAILED', { isRetryable: true, details: { reason: 'OUTCOME_UNKNOWN' } })
      : failure(codes[tries % 4]);
  };
  await outbox.enqueuePerson(person('1'));
  await clock.passing(outbox.drain());
  assert.equal(tries, 200);
  assert.equal((await outbox.stats()).deadLetters, 0);
  assert.ok(clock.slept.every((ms) => ms <= 60_000));
});

test('what cannot be mended is given up alone, with its reason', async () => {
  const { outbox, service, clock, deadLetters } = newOutbox();
  service.answer = ({ external_id: id }) => (id === '2' ? invalid : undefined);
  for (const id of ['1', '2', '3']) await outbox.enqueuePerson(person(id, { plan: 'free' }));
  await outbox.enqueuePerson(person('2', { city: 'Lyon' }));
  await outbox.drain();
  assert.deepEqual([...service.crm.keys()], ['person:1', 'person:3']);
  const [letter, ...others] = await outbox.deadLetters();
  assert.deepEqual(others, []);
  const { enqueuedAt, failedAt, ...facts } = letter;
  assert.deepEqual(facts, {
    id: 'person:2',
    entity: 'person',
    externalId: '2',
    input: person('2', { plan: 'free', city: 'Lyon' }),
    error: invalid,
    field: 'email',
    attempts: 1,
  });
  assert.equal(enqueuedAt.getTime(), clock.wall());
  assert.equal(failedAt.getTime(), clock.wall());
  assert.deepEqual(
    deadLetters.map(({ id, field, input }) => ({ id, field, input })),
    [{ id: 'person:2', field: 'email', input: facts.input }],
  );
  const { pending, deadLetters: count } = await outbox.stats();
  assert.deepEqual([pending, count], [0, 1]);
});

test('a dead letter that is tried again does not bring old values back', async () => {
  const { outbox, service } = newOutbox();
  service.answer = ({ plan }) => (plan === 'bad' ? invalid : undefined);
  await outbox.enqueuePerson(person('1', { plan: 'bad', city: 'Old', job_title: 'kept' }));
  await outbox.drain();
  await outbox.enqueuePerson(person('1', { plan: 'good', city: 'New' }));
  await outbox.drain();
  assert.deepEqual(service.crm.get('person:1'), person('1', { plan: 'good', city: 'New' }));
  // What was never delivered is still there; what has been delivered since is as it is now.
  const [letter] = await outbox.deadLetters();
  assert.deepEqual(letter.input, person('1', { plan: 'good', city: 'New', job_title: 'kept' }));
  assert.equal(await outbox.retryDeadLetter('person:1'), true);
  await outbox.drain();
  assert.deepEqual(service.crm.get('person:1'), letter.input);
  assert.deepEqual(await outbox.deadLetters(), []);
  assert.equal(await outbox.retryDeadLetter('person:1'), false);
});

test('nor does one that is tried again while a later change is under way', async () => {
  const { outbox, service } = newOutbox();
  service.answer = ({ city }) => (city === 'Bad' ? invalid : undefined);
  await outbox.enqueuePerson(person('1', { city: 'Bad', job_title: 'kept' }));
  await outbox.drain();
  const gate = deferred();
  service.gate = gate.promise;
  await outbox.enqueuePerson(person('1', { city: 'Good' }));
  const draining = outbox.drain();
  await until(() => service.runs.length === 2);
  assert.equal(await outbox.retryDeadLetter('person:1'), true);
  gate.resolve();
  await draining;
  assert.deepEqual(service.crm.get('person:1'), person('1', { city: 'Good', job_title: 'kept' }));
});

test('a record that is given up again has one dead letter, with everything', async () => {
  const { outbox, service } = newOutbox();
  service.answer = () => invalid;
  await outbox.enqueuePerson(person('1', { plan: 'a', city: 'x' }));
  await outbox.drain();
  await outbox.enqueuePerson(person('1', { plan: 'b' }));
  await outbox.drain();
  const letters = await outbox.deadLetters();
  assert.equal(letters.length, 1);
  assert.deepEqual(letters[0].input, person('1', { plan: 'b', city: 'x' }));
});

test('a key that is refused gives nobody up: the outbox pauses, says so, and tries now and then', async () => {
  const { outbox, service, clock, errors, deadLetters } = newOutbox({ pauseMs: 300_000 });
  for (const id of ['1', '2', '3']) await outbox.enqueuePerson(person(id));
  service.answer = () => unauthorised;
  await assert.rejects(outbox.drain(), { code: 'AUTH_ERROR' });
  assert.deepEqual(errors, [
    { code: 'AUTH_ERROR', kind: 'paused', records: 3, retryInMs: 300_000 },
  ]);
  const paused = await outbox.stats();
  assert.deepEqual(
    [paused.state, paused.error.code, paused.pending, paused.deadLetters],
    ['paused', 'AUTH_ERROR', 3, 0],
  );
  outbox.start();
  await until(() => errors.length === 2);
  service.answer = () => undefined;
  clock.advance(300_000);
  await until(() => service.crm.size === 3);
  assert.deepEqual(service.sent, ['1 2 3', '1', '2', '1 3']);
  assert.deepEqual(deadLetters, []);
  assert.equal((await outbox.stats()).state, 'open');
  await outbox.stop();
});

test('what concerns the workspace is told from what concerns a record', async () => {
  for (const [error, kind] of [
    [failure('AUTH_ERROR', { status: 403 }), 'paused'],
    [failure('OPERATION_FAILED', { details: { reason: 'QUOTA' } }), 'paused'],
    [failure('OPERATION_FAILED', { details: { reason: 'REDIRECT' } }), 'paused'],
    [failure('OPERATION_FAILED', { details: { reason: 'DISABLED' } }), 'paused'],
    [failure('OPERATION_FAILED', { details: { reason: 'NO_OBJECT' } }), 'paused'],
    [failure('UNKNOWN', { details: { reason: 'NOT_TWENTY' } }), 'paused'],
    [failure('NOT_FOUND', { status: 404 }), 'paused'],
    [failure('UNKNOWN'), 'paused'],
    [new TypeError('a bug of the service’s'), 'away'],
    [failure('OPERATION_FAILED', { details: { reason: 'COLLISION' } }), 'dead'],
    [failure('NOT_FOUND', { details: { reason: 'OWN_ROW_GONE' } }), 'dead'],
    [failure('OPERATION_FAILED'), 'dead'],
    [invalid, 'dead'],
  ]) {
    const { outbox, service, errors, deadLetters } = newOutbox();
    service.answer = () => error;
    await outbox.enqueuePerson(person('1'));
    await outbox.flush({ timeoutMs: 1 });
    const seen = deadLetters.length > 0 ? 'dead' : errors[0].kind;
    assert.equal(seen, kind, `${error.code} ${error.details?.reason}`);
  }
});

test('what is doubtful is decided by its neighbours', async () => {
  const { outbox, service, deadLetters } = newOutbox();
  service.answer = ({ external_id: id }) => (id === '2' ? failure('NOT_FOUND') : undefined);
  for (const id of ['1', '2']) await outbox.enqueuePerson(person(id));
  await outbox.drain();
  assert.deepEqual(
    deadLetters.map(({ id }) => id),
    ['person:2'],
  );
});

test('a key that may not write companies does not keep people back', async () => {
  const { outbox, service, errors } = newOutbox();
  service.answer = (_, entity) => (entity === 'company' ? unauthorised : undefined);
  await outbox.enqueueCompany(company('1'));
  await outbox.enqueuePerson(person('2'));
  const { delivered, pending, deadLettered } = await outbox.flush({ timeoutMs: 1 });
  assert.deepEqual([delivered, pending, deadLettered], [1, 1, 0]);
  assert.deepEqual(
    errors.map(({ kind, code }) => [kind, code]),
    [['records', 'AUTH_ERROR']],
  );
});

test('a disabled service loses nothing', async () => {
  const service = createTwentyCrmSyncService({}, { mode: 'disabled' });
  const { outbox, errors } = newOutbox({ service });
  await outbox.enqueuePerson(person('1'));
  await assert.rejects(outbox.drain(), {
    code: 'OPERATION_FAILED',
    details: { reason: 'DISABLED', mode: 'disabled' },
  });
  assert.equal(errors[0].kind, 'paused');
  assert.equal((await outbox.stats()).pending, 1);
});

test('one record that never goes well holds nobody up', async () => {
  const { outbox, service, clock } = newOutbox();
  service.answer = ({ external_id: id }) => (id === 'poison' ? failure('SERVER_ERROR') : undefined);
  await outbox.enqueueCompany(company('poison'));
  for (let at = 0; at < 50; at += 1) {
    await outbox.enqueuePerson(person(`${at}`));
    await outbox.flush({ timeoutMs: 1 });
  }
  clock.advance(120_000);
  await outbox.flush({ timeoutMs: 1 });
  assert.equal(service.crm.size, 50);
  const { pending, deadLetters } = await outbox.stats();
  assert.deepEqual([pending, deadLetters], [1, 0]);
});

test('a run that breaks off is taken apart, but not for ever', async () => {
  const { outbox, service, errors } = newOutbox();
  const run = service.syncPersons;
  let isBroken = true;
  service.syncPersons = async function* (inputs, options) {
    if (isBroken) throw new Error('out of order');
    yield* run(inputs, options);
  };
  for (let at = 0; at < 20; at += 1) await outbox.enqueuePerson(person(`${at}`));
  await outbox.flush({ timeoutMs: 1 });
  assert.deepEqual(
    errors.map(({ kind, records }) => [kind, records]),
    [['away', 3]],
  );
  isBroken = false;
  await outbox.drain();
  assert.equal(service.crm.size, 20);
});

test('results that are missing, foreign or in another order are no harm', async () => {
  const { outbox, service } = newOutbox();
  let runs = 0;
  service.syncPersons = async function* (inputs) {
    runs += 1;
    const ids = inputs.map(({ external_id: id }) => id).reverse();
    yield { status: 'created', externalId: 'nobody' };
    for (const id of ids) if (runs > 1 || id !== '2') yield { status: 'updated', externalId: id };
  };
  for (const id of ['1', '2', '3']) await outbox.enqueuePerson(person(id));
  await outbox.drain();
  assert.equal(runs, 2);
});

test('hooks that throw, reject or hang harm nothing', async () => {
  for (const hook of [
    () => {
      throw new Error('hook');
    },
    async () => {
      throw new Error('hook');
    },
    () => new Promise(() => {}),
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: a hook may return anything
      then(_, reject) {
        reject(new Error('hook'));
      },
    }),
  ]) {
    const { outbox, service, clock } = newOutbox({ onError: hook, onDeadLetter: hook });
    let tries = 0;
    service.answer = ({ external_id: id }) => {
      tries += 1;
      if (id === '1') return invalid;
      return tries < 3 ? away : undefined;
    };
    await outbox.enqueuePerson(person('1'));
    await outbox.enqueuePerson(person('2'));
    await outbox.flush({ timeoutMs: 1 });
    await clock.passing(outbox.drain());
    const { pending, deadLetters } = await outbox.stats();
    assert.deepEqual([pending, deadLetters], [0, 1]);
  }
});

/** The worker waits for a second, and is not busy with a lease. @param {FakeClock} clock */
const waits = ({ sleepers }) => sleepers.length === 1 && sleepers[0].ms === 1_000;

test('in the background: what is enqueued is delivered at once, what others enqueue after a while', async () => {
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

test('stopping lets finish what is under way', async () => {
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

test('stopping hands back what does not end in time, at once for whoever comes next', async () => {
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

test('a service that does not heed its signal cannot hold up a stop', async () => {
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

test('a drain that is stopped, or whose signal aborts, rejects and hands back', async () => {
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

test('a flush takes its time and no more, and hands back the rest', async () => {
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
  assert.deepEqual(await flushing, { delivered: 2, deadLettered: 0, pending: 2 });
  assert.equal((await outbox.stats()).inFlight, 0);
});

test('a flush does not wait for a CRM that is away longer than it has time', async () => {
  const { outbox, service } = newOutbox({ initialBackoffMs: 10_000 });
  service.answer = () => away;
  await outbox.enqueuePerson(person('1'));
  const { error, ...counts } = await outbox.flush({ timeoutMs: 5_000 });
  assert.deepEqual(counts, { delivered: 0, deadLettered: 0, pending: 1 });
  assert.equal(error.code, 'NETWORK_ERROR');
});

test('a worker that loses its lease stops, and its report counts for nothing', async () => {
  const clock = new FakeClock();
  const store = sqliteOutbox(':memory:', { now: clock.wall });
  const slow = newOutbox({ clock, store, leaseMs: 30_000 });
  slow.service.gate = new Promise(() => {});
  await slow.outbox.enqueuePerson(person('1', { plan: 'old' }));
  const flushing = slow.outbox.flush({ timeoutMs: 3_600_000 });
  await until(() => slow.service.runs.length === 1);
  // As if the process had slept: its timers come late.
  clock.ms += 31_000;
  const quick = newOutbox({ clock, store });
  await quick.outbox.enqueuePerson(person('1', { plan: 'new' }));
  await quick.outbox.flush({ timeoutMs: 1_000 });
  assert.equal(quick.service.crm.get('person:1').plan, 'new');
  clock.advance(0);
  const { delivered, pending } = await flushing;
  assert.deepEqual([delivered, pending, slow.service.crm.size], [0, 0, 0]);
});

test('a wall clock that is set, by however much, neither hands a held record on nor holds one up', async (t) => {
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

    // What was taken, or delayed, by the other clock.
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

test('a lease is renewed for as long as it takes', async () => {
  const { outbox, service, clock, store } = newOutbox({ leaseMs: 30_000 });
  const gate = deferred();
  service.gate = gate.promise;
  await outbox.enqueuePerson(person('1'));
  const draining = outbox.drain();
  await until(() => service.runs.length === 1);
  for (let beat = 0; beat < 20; beat += 1) {
    clock.advance(10_000);
    // Another store call goes after the renewal in the line of the file.
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

test('a store that fails is waited for, and what cannot be reported is delivered again', async () => {
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
  // The lease of the round that could not report had to run out first.
  assert.equal(service.runs.length, 2);
  assert.equal((await outbox.stats()).pending, 0);
});

test('enqueueing is in the order of the calls, awaited or not', async () => {
  const { outbox, service } = newOutbox();
  await Promise.all(
    Array.from({ length: 500 }, (_, at) => outbox.enqueuePerson(person('1', { plan: `${at}` }))),
  );
  await outbox.drain();
  assert.equal(service.crm.get('person:1').plan, '499');
  assert.equal(service.runs.length, 1);
});

test('edits that go on while they are delivered arrive in order, and the last one stays', async () => {
  const { outbox, service } = newOutbox();
  const seen = [];
  service.answer = ({ total_submissions: count }) => {
    seen.push(count);
  };
  outbox.start();
  for (let at = 1; at <= 300; at += 1) {
    await outbox.enqueuePerson(person('1', { total_submissions: at }));
  }
  await outbox.drain();
  await outbox.stop();
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.equal(seen.at(-1), 300);
});

test('dead letters can be forgotten, waiting changes too', async () => {
  const { outbox, service, clock } = newOutbox();
  service.answer = () => invalid;
  for (const id of ['1', '2']) await outbox.enqueuePerson(person(id));
  await outbox.drain();
  await outbox.enqueuePerson(person('3'));
  assert.equal(await outbox.purge({ olderThanMs: 1 }), 0);
  assert.equal(await outbox.purge({ id: 'person:1' }), 1);
  clock.ms += 10;
  assert.equal(await outbox.purge({ olderThanMs: 5 }), 1);
  assert.equal((await outbox.stats()).pending, 1);
  assert.equal(await outbox.purge({ id: 'person:3', pending: true }), 1);
  assert.equal((await outbox.stats()).changes, 0);
});

test('a closed outbox says so', async () => {
  const { outbox, service } = newOutbox();
  const last = outbox.enqueuePerson(person('1'));
  // What `await using` does.
  await outbox[Symbol.asyncDispose]();
  await last;
  await outbox.close();
  for (const call of [
    () => outbox.enqueuePerson(person('1')),
    () => outbox.drain(),
    () => outbox.flush(),
    () => outbox.stats(),
  ]) {
    await assert.rejects(call(), { code: 'OPERATION_FAILED', message: /closed/ });
  }
  assert.throws(() => outbox.start(), /closed/);
  assert.deepEqual(service.runs, []);
});

test('options and arguments that are no good are refused by name', async () => {
  const store = sqliteOutbox(':memory:');
  const service = new FakeService();
  for (const [field, options] of [
    ['options', undefined],
    ['service', {}],
    ['service', { service: { syncPersons() {} }, store }],
    ['store', { service }],
    ['store', { service, store: { enqueue() {} } }],
    ['batchSize', { service, store, batchSize: 0 }],
    ['batchSize', { service, store, batchSize: Number.NaN }],
    ['leaseMs', { service, store, leaseMs: 10 }],
    ['maxBackoffMs', { service, store, maxBackoffMs: 3_600_001 }],
    ['onError', { service, store, onError: 'log' }],
    ['clock', { service, store, clock: {} }],
    ['invalidEmail', { service, store, invalidEmail: 'maybe' }],
  ]) {
    assert.throws(
      () => createTwentyCrmOutbox(options),
      (error) => {
        assert.equal(error.code, 'VALIDATION_ERROR', `${field}: ${error}`);
        assert.equal(error.details.field, field);
        return true;
      },
    );
  }
  const outbox = createTwentyCrmOutbox({ service, store });
  for (const [field, call] of [
    ['timeoutMs', () => outbox.flush({ timeoutMs: -1 })],
    ['timeoutMs', () => outbox.stop({ timeoutMs: 0.5 })],
    ['signal', () => outbox.drain({ signal: {} })],
    ['limit', () => outbox.deadLetters({ limit: 0 })],
    ['after', () => outbox.deadLetters({ after: '7' })],
    ['id', () => outbox.retryDeadLetter('cli_1')],
    ['id', () => outbox.purge({ id: 'people:1' })],
    ['olderThanMs', () => outbox.purge({ olderThanMs: 'all' })],
    ['pending', () => outbox.purge({ pending: 'yes' })],
  ]) {
    await assert.rejects(call(), (error) => {
      assert.equal(error.code, 'VALIDATION_ERROR', `${field}: ${error}`);
      assert.equal(error.details.field, field);
      return true;
    });
  }
  for (const bad of [undefined, '', 'nul\0']) {
    assert.throws(() => sqliteOutbox(bad), { code: 'VALIDATION_ERROR' });
  }
  assert.throws(() => sqliteOutbox(':memory:', { secret: 'short' }), { code: 'VALIDATION_ERROR' });
});
