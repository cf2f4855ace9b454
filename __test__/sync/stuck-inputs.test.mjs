// A bulk run whose input is stuck: an abort and a `break` still end it, and leave nothing behind.
import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { Readable } from 'node:stream';
import { after, test } from 'node:test';
import { TwentyCrmSyncService } from '../../index.mjs';
import { newCompany, newPerson, rejection, useSim } from '../helpers/crm.mjs';
import { deferred } from '../helpers/servers.mjs';

const crm = useSim({ preset: 'provisioned' });

/** @type {unknown[]} */
const unhandled = [];
process.on('unhandledRejection', (error) => unhandled.push(error));
after(() => assert.deepEqual(unhandled, []));

const listeners = (/** @type {AbortSignal} */ signal) => getEventListeners(signal, 'abort').length;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/**
 * Inputs that yield `given` records and then hang. Each reports when it is stuck, and can be made to fail much later.
 * @type {Record<string, (given: number, make: () => object) => { inputs: any, stuck: Promise<void>, fail: (error:
 * Error) => void, isReleased?: () => boolean }>}
 */
const stuckInputs = {
  'an async generator'(given, make) {
    const stuck = deferred();
    const never = deferred();
    async function* source() {
      for (let at = 0; at < given; at += 1) yield make();
      stuck.resolve();
      await never.promise;
    }
    return { inputs: source(), stuck: stuck.promise, fail: never.reject };
  },
  'a stalled Readable'(given, make) {
    const stuck = deferred();
    let at = 0;
    const inputs = new Readable({
      objectMode: true,
      read() {
        at += 1;
        if (at <= given) this.push(make());
        else stuck.resolve();
      },
    });
    return {
      ...{ inputs, stuck: stuck.promise },
      fail: (error) => inputs.destroy(error),
      isReleased: () => inputs.destroyed,
    };
  },
  'a promise that a generator of promises gives'(given, make) {
    const stuck = deferred();
    const never = deferred();
    async function* source() {
      const promises = Array.from({ length: given }, async () => make());
      yield* promises;
      stuck.resolve();
      yield* [never.promise];
    }
    return { inputs: source(), stuck: stuck.promise, fail: never.reject };
  },
  'an iterator whose end never comes either'(given, make) {
    const stuck = deferred();
    const never = deferred();
    let at = 0;
    let isReleased = false;
    const iterator = {
      next() {
        at += 1;
        if (at <= given) return Promise.resolve({ done: false, value: make() });
        stuck.resolve();
        return never.promise;
      },
      return() {
        isReleased = true;
        return never.promise;
      },
    };
    const inputs = { [Symbol.asyncIterator]: () => iterator };
    return { inputs, stuck: stuck.promise, fail: never.reject, isReleased: () => isReleased };
  },
  'a ReadableStream'(given, make) {
    const stuck = deferred();
    /** @type {any} */
    let stream;
    let at = 0;
    const inputs = new ReadableStream({
      pull(controller) {
        stream = controller;
        at += 1;
        if (at <= given) controller.enqueue(make());
        else stuck.resolve();
      },
    });
    return { inputs, stuck: stuck.promise, fail: (error) => stream.error(error) };
  },
};

/**
 * All methods for many records. @type {Record<string, (service: TwentyCrmSyncService, inputs: any, options: any) =>
 * Promise<unknown>>}
 */
const uses = {
  'await syncPersons': async (service, inputs, options) => service.syncPersons(inputs, options),
  async 'for await'(service, inputs, options) {
    for await (const _ of service.syncPersons(inputs, options)) {
      // All of them.
    }
  },
  upsertManyPersons: (service, inputs, options) => service.upsertManyPersons(inputs, options),
};

for (const [name, open] of Object.entries(stuckInputs)) {
  test(`${name}: an abort ends the run, before and after the first record`, async () => {
    for (const use of Object.values(uses)) {
      for (const given of [0, 1, 450]) {
        const controller = new AbortController();
        const { signal } = controller;
        const { inputs, stuck, fail, isReleased } = open(given, newPerson);
        const outcome = rejection(use(crm.service(), inputs, { signal }));
        await stuck;
        const reason = new Error('enough');
        controller.abort(reason);
        assert.equal(await outcome, reason, `${use.name}, ${given} given`);
        assert.equal(listeners(signal), 0);
        if (isReleased) assert.ok(isReleased(), `${use.name}, ${given} given: not released`);
        fail(new Error('much later'));
        await turn();
      }
    }
  });

  test(`${name}: leaving the loop does not block`, async () => {
    const { inputs, stuck, fail, isReleased } = open(450, newPerson);
    let seen = 0;
    for await (const result of crm.service().syncPersons(inputs)) {
      await stuck;
      assert.equal(result.status, 'created');
      seen += 1;
      if (seen === 2) break;
    }
    if (isReleased) assert.ok(isReleased());
    fail(new Error('much later'));
    await turn();
  });
}

test('companies, and platform mode with a publish that never answers', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const companies = stuckInputs['an async generator'](1, newCompany);
  const people = stuckInputs['an async generator'](1, newPerson);
  const platform = new TwentyCrmSyncService(crm.client(), null, undefined, {
    mode: 'platform',
    publish: () => new Promise(() => {}),
  });
  const outcomes = [
    rejection(Promise.resolve(crm.service().syncCompanies(companies.inputs, { signal }))),
    rejection(Promise.resolve(platform.syncPersons(people.inputs, { signal }))),
    rejection(Promise.resolve(platform.syncPersons([newPerson()], { signal }))),
  ];
  await Promise.all([companies.stuck, people.stuck]);
  controller.abort('enough');
  assert.deepEqual(await Promise.all(outcomes), ['enough', 'enough', 'enough']);
  assert.equal(listeners(signal), 0);
});

test('a signal that has already aborted, and one that the input itself aborts', async () => {
  for (const use of Object.values(uses)) {
    const { inputs } = stuckInputs['an async generator'](0, newPerson);
    const signal = AbortSignal.abort('before');
    assert.equal(await rejection(use(crm.service(), inputs, { signal })), 'before');
    const controller = new AbortController();
    const aborting = {
      [Symbol.asyncIterator]: () => ({
        next() {
          controller.abort('itself');
          return new Promise(() => {});
        },
      }),
    };
    const own = { signal: controller.signal };
    assert.equal(await rejection(use(crm.service(), aborting, own)), 'itself');
  }
});

test('one signal for twenty stuck runs: one listener, none afterwards, and no warning', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  /** @type {Error[]} */
  const warnings = [];
  const onWarning = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', onWarning);
  const sources = Array.from({ length: 20 }, () => stuckInputs['a stalled Readable'](3, newPerson));
  const outcomes = sources.map(({ inputs }) =>
    rejection(Promise.resolve(crm.service().syncPersons(inputs, { signal }))),
  );
  await Promise.all(sources.map(({ stuck }) => stuck));
  assert.equal(listeners(signal), 1);
  controller.abort('enough');
  assert.deepEqual(await Promise.all(outcomes), Array(20).fill('enough'));
  assert.equal(listeners(signal), 0);
  await turn();
  process.off('warning', onWarning);
  assert.deepEqual(warnings, []);
});

test('a merely slow input is closed before the loop ends, and its error is reported', async () => {
  for (const error of [undefined, new Error('cannot close')]) {
    let isClosed = false;
    async function* source() {
      try {
        while (true) yield newPerson();
      } finally {
        await turn();
        isClosed = true;
        await (error && Promise.reject(error));
      }
    }
    let heard;
    try {
      for await (const _ of crm.service().syncPersons(source())) break;
    } catch (caught) {
      heard = caught;
    }
    assert.ok(isClosed);
    assert.equal(heard, error);
  }
});

test('a stream that is aborted in time is closed, and so is its file', async () => {
  const controller = new AbortController();
  const { inputs, stuck } = stuckInputs['a stalled Readable'](2, newPerson);
  const closed = once(inputs, 'close');
  const outcome = rejection(crm.service().upsertManyPersons(inputs, { signal: controller.signal }));
  await stuck;
  controller.abort('enough');
  assert.equal(await outcome, 'enough');
  await closed;
});

test('a promise in an array is awaited, as in for await', async () => {
  const service = crm.service();
  const late = Promise.reject(new Error('no such row'));
  late.catch(() => {});
  const ready = [newPerson(), Promise.resolve(newPerson())];
  assert.equal((await service.syncPersons(ready)).created, 2);
  assert.equal((await rejection(service.upsertManyPersons([late]))).message, 'no such row');
  for (const use of Object.values(uses)) {
    const controller = new AbortController();
    const { signal } = controller;
    const outcome = rejection(use(service, [newPerson(), new Promise(() => {})], { signal }));
    await turn();
    controller.abort('enough');
    assert.equal(await outcome, 'enough');
    assert.equal(listeners(signal), 0);
  }
});

test('a record that only looks like a promise is a bad one, and a promise is not a single record', async () => {
  const service = crm.service();
  // A query that runs when it is awaited, as in query builders.
  // biome-ignore lint/suspicious/noThenProperty: the test is about it
  const query = { ...newPerson(), then: () => assert.fail('awaited') };
  assert.equal((await service.syncPersons(/** @type {any[]} */ ([query]))).failed, 1);
  const never = /** @type {any} */ (new Promise(() => {}));
  assert.match((await rejection(service.upsertCompany(never))).message, /promise/);
});
