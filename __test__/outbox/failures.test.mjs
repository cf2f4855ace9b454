// How the outbox reacts to answers: what is retried, what becomes a dead letter, what waits. No server, no real time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTwentyCrmSyncService, sqliteOutbox } from '../../index.mjs';
import { deferred } from '../helpers/servers.mjs';
import {
  away,
  company,
  FakeClock,
  failure,
  invalid,
  newOutbox,
  person,
  unauthorised,
  until,
} from './helpers.mjs';

test('while the CRM is down it is probed with one record, less and less often; nothing is lost', async () => {
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
  // The first round fails for all three; then one record at a time, in turn; the first success opens the gate.
  assert.deepEqual(service.sent, ['1 2 3', '1', '2', '3', '1', '2', '1 3']);
  assert.deepEqual(clock.slept, [1_000, 2_000, 4_000, 8_000, 8_000]);
  assert.deepEqual([...service.crm.keys()].sort(), ['person:1', 'person:2', 'person:3']);
  assert.ok(errors.every(({ kind, code }) => kind === 'away' && code === 'NETWORK_ERROR'));
  const { state, deadLetters } = await outbox.stats();
  assert.deepEqual([state, deadLetters], ['open', 0]);
});

test('temporary failures never make a dead letter, however many', async () => {
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

test('a permanent failure makes one dead letter, with its reason', async () => {
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

test('retrying a dead letter does not restore old values', async () => {
  const { outbox, service } = newOutbox();
  service.answer = ({ plan }) => (plan === 'bad' ? invalid : undefined);
  await outbox.enqueuePerson(person('1', { plan: 'bad', city: 'Old', job_title: 'kept' }));
  await outbox.drain();
  await outbox.enqueuePerson(person('1', { plan: 'good', city: 'New' }));
  await outbox.drain();
  assert.deepEqual(service.crm.get('person:1'), person('1', { plan: 'good', city: 'New' }));
  // Undelivered fields are still there; fields delivered since keep their new values.
  const [letter] = await outbox.deadLetters();
  assert.deepEqual(letter.input, person('1', { plan: 'good', city: 'New', job_title: 'kept' }));
  assert.equal(await outbox.retryDeadLetter('person:1'), true);
  await outbox.drain();
  assert.deepEqual(service.crm.get('person:1'), letter.input);
  assert.deepEqual(await outbox.deadLetters(), []);
  assert.equal(await outbox.retryDeadLetter('person:1'), false);
});

test('nor does retrying it while a later change is in flight', async () => {
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

test('a record that fails again has one dead letter, with all its fields', async () => {
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

test('a refused key drops no change: the outbox pauses, reports it, and probes now and then', async () => {
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

test('failures of the workspace are told from failures of a record', async () => {
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

/** A refusal by the server, as the service reports it. */
const refusal = (status, details) =>
  failure('VALIDATION_ERROR', {
    status,
    details: { method: 'POST', path: '/rest/people', ...details },
  });
const inTwentysWords = { serverError: 'BadRequestException', originalError: 'Invalid value' };
const LOOK_UP = { path: '/graphql' };

/** Refusals that say nothing about a record. */
const PASSING = {
  'a look-up that the server does not understand': refusal(400, {
    ...LOOK_UP,
    serverError: 'GRAPHQL_VALIDATION_FAILED',
  }),
  'the same behind a success': refusal(200, {
    ...LOOK_UP,
    serverError: 'GRAPHQL_VALIDATION_FAILED',
  }),
  'a proxy’s page for a look-up': refusal(400, LOOK_UP),
  'a look-up that is too large': refusal(413, { ...LOOK_UP, reason: 'TOO_LARGE' }),
  'a read': refusal(400, { ...inTwentysWords, method: 'GET' }),
  'a proxy’s page for a write': refusal(400),
  'a method that is not let through': refusal(405, { originalError: 'Method not allowed' }),
  'a write that is too large': refusal(413, { reason: 'TOO_LARGE' }),
  'a refusal of which nothing is known': failure('VALIDATION_ERROR', { status: 400 }),
};

test('refusals that say nothing about a record drop no change, for a whole backlog', async () => {
  for (const [name, error] of Object.entries(PASSING)) {
    const { outbox, service, errors } = newOutbox();
    // A failure of companies says nothing about people.
    service.answer = (_, entity) => (entity === 'person' ? error : undefined);
    await outbox.enqueueCompany(company('1'));
    for (const id of ['1', '2', '3']) await outbox.enqueuePerson(person(id));
    const { delivered, deadLettered, pending } = await outbox.flush({ timeoutMs: 1 });
    assert.deepEqual([delivered, deadLettered, pending], [1, 0, 3], name);
    service.answer = () => error;
    const other = newOutbox({ service, store: newOutbox().store });
    for (const id of ['1', '2', '3']) await other.outbox.enqueuePerson(person(id));
    assert.equal((await other.outbox.flush({ timeoutMs: 1 })).deadLettered, 0, name);
    assert.deepEqual([errors[0].kind, other.errors[0].kind], ['records', 'paused'], name);
    service.answer = () => undefined;
    await other.outbox.drain();
    assert.equal((await other.outbox.stats()).pending, 0);
  }
});

test('but a record refused this way becomes a dead letter if others of its kind succeed', async () => {
  for (const [name, error] of Object.entries(PASSING)) {
    const { outbox, service, deadLetters } = newOutbox();
    service.answer = ({ external_id: id }) => (id === '2' ? error : undefined);
    for (const id of ['1', '2']) await outbox.enqueuePerson(person(id));
    await outbox.drain();
    assert.deepEqual(
      deadLetters.map(({ id }) => id),
      ['person:2'],
      name,
    );
  }
});

test('a write that Twenty itself refuses becomes a dead letter, even if nothing else succeeds', async () => {
  for (const error of [
    refusal(400, inTwentysWords),
    refusal(400, { ...inTwentysWords, method: 'PATCH', path: '/rest/people/1' }),
    refusal(400, { reason: 'DUPLICATE' }),
    // As the service reports it after its look-up.
    failure('VALIDATION_ERROR', {
      status: 400,
      details: { reason: 'DUPLICATE', fields: ['name'] },
    }),
    refusal(400, { reason: 'MULTIPLE_MATCHES' }),
    refusal(500, { reason: 'DATA' }),
  ]) {
    const { outbox, service } = newOutbox();
    service.answer = () => error;
    await outbox.enqueuePerson(person('1'));
    assert.equal((await outbox.flush({ timeoutMs: 1 })).deadLettered, 1, error.details.path);
  }
});

test('all dead letters are retried after their common cause was fixed', async () => {
  for (const has of [true, false]) {
    const clock = new FakeClock();
    const inner = sqliteOutbox(':memory:', { now: clock.wall });
    // A caller's store may lack this method.
    const store = new Proxy(inner, {
      get: (target, name) => (name === 'retryAll' && !has ? undefined : target[name]?.bind(target)),
    });
    const { outbox, service } = newOutbox({ clock, store, batchSize: 2_000 });
    service.answer = () => invalid;
    const ids = Array.from({ length: 1_005 }, (_, at) => `${at}`);
    await Promise.all(ids.map((id) => outbox.enqueuePerson(person(id))));
    await outbox.drain();
    assert.equal((await outbox.stats()).deadLetters, ids.length);
    service.answer = () => undefined;
    outbox.start();
    assert.equal(await outbox.retryDeadLetters(), ids.length);
    await until(() => service.crm.size === ids.length);
    assert.equal(await outbox.retryDeadLetters({ olderThanMs: 0 }), 0);
    await outbox.close();
  }
});

test('a doubtful failure is decided by other records', async () => {
  const { outbox, service, deadLetters } = newOutbox();
  service.answer = ({ external_id: id }) => (id === '2' ? failure('NOT_FOUND') : undefined);
  for (const id of ['1', '2']) await outbox.enqueuePerson(person(id));
  await outbox.drain();
  assert.deepEqual(
    deadLetters.map(({ id }) => id),
    ['person:2'],
  );
});

test('a key that may not write companies does not hold people back', async () => {
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

test('a record that always fails blocks no other', async () => {
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

test('after a run that breaks off, records are tried one by one, but not forever', async () => {
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

test('missing, unknown and reordered results do no harm', async () => {
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

test('hooks that throw, reject or hang do no harm', async () => {
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

test('dead letters and waiting changes can be deleted', async () => {
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

test('dead letters keep a name in parts, and values in nested forms', async () => {
  const { outbox, service, clock } = newOutbox();
  service.answer = () => invalid;
  const parts = {
    name: { firstName: 'Pe', lastName: 'Win' },
    phone: { primaryPhoneNumber: '4155552671', primaryPhoneCallingCode: '+1' },
  };
  await outbox.enqueuePerson(person('1', { city: 'Yangon', ...parts }));
  await outbox.enqueuePerson(person('1', parts));
  await clock.passing(outbox.drain());
  const [letter] = await outbox.deadLetters();
  assert.deepEqual(letter.input, person('1', { city: 'Yangon', ...parts }));
});
