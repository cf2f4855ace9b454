// The worst possible records and iterators, with a server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TwentyCrmApiError } from '../index.mjs';
import { newCompany, newPerson, rejection, useSim } from './helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

test('a megabyte in any field: written, or refused by the field’s name in a short message', async () => {
  const megabyte = 'x'.repeat(1_000_000);
  for (const [write, record] of /** @type {const} */ ([
    ['upsertPerson', newPerson({ phone: '+33612345678', website: 'acme.example', city: 'Lyon' })],
    ['upsertCompany', newCompany({ domain_name: 'acme.example', website: 'acme.example' })],
  ])) {
    for (const field of Object.keys(record)) {
      const outcome = await crm
        .service()
        [write]({ ...record, [field]: megabyte })
        .catch((/** @type {unknown} */ error) => error);
      if (!(outcome instanceof Error)) continue;
      assert.ok(outcome instanceof TwentyCrmApiError, `${field}: ${outcome.stack}`);
      assert.ok(outcome.message.length < 3_000, `${field}: ${outcome.message.length} characters`);
      assert.ok(JSON.stringify(outcome).length < 10_000, field);
    }
  }
});

test('words around a phone number are not digits of it, and an e-mail address is not a website', async () => {
  /** @type {[object, Record<string, unknown>, string[]][]} */
  const cases = [
    [{ phone: '+33 6 12 34 56 78 (home)' }, { phone: '+33612345678' }, []],
    [{ phone: '+49 30 23125042 priv' }, { phone: '+493023125042' }, []],
    [{ phone: '+1 800 FLOWERS' }, { phone: '+18003569377' }, []],
    [{ phone: '+1 415 555 2671 / 2672' }, { phone: null }, ['phone/invalid_phone']],
    [{ phone: '+1 415 555 2671 x12' }, { phone: '+14155552671' }, ['phone/phone_extension']],
    [{ website: 'jane@gmail.com' }, { website: null }, ['website/invalid_url']],
    [{ name: 'Jane Smith, MD, Ph.D.' }, { name: 'Jane Smith, MD, Ph.D.' }, []],
  ];
  for (const [fields, expected, warned] of cases) {
    const single = [];
    const service = crm.service({
      onWarning: ({ field, reason }) => single.push(`${field}/${reason}`),
    });
    const { data } = await service.upsertPerson(newPerson(fields));
    /** @type {import('../index.js').SyncResult<any> | undefined} */
    let result;
    for await (const one of crm.service().syncPersons([newPerson(fields)])) result = one;
    const inBulk = (result?.warnings ?? []).map(({ field, reason }) => `${field}/${reason}`);
    for (const [entity, warnings] of /** @type {[any, string[]][]} */ ([
      [data, single],
      [result?.data, inBulk],
    ])) {
      for (const [field, value] of Object.entries(expected)) {
        assert.equal(entity[field], value, JSON.stringify(fields));
      }
      assert.deepEqual(warnings, warned, JSON.stringify(fields));
    }
  }
});

test('an iterator whose return() throws does not hide what stopped the run', async () => {
  for (const [ending, end] of /** @type {const} */ ([
    [
      'throws',
      () => {
        throw new Error('from return()');
      },
    ],
    ['rejects', () => Promise.reject(new Error('from return()'))],
    ['gives nothing', () => undefined],
  ])) {
    const controller = new AbortController();
    const reason = new Error('enough');
    let given = 0;
    const inputs = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          given += 1;
          if (given === 3) controller.abort(reason);
          return { done: false, value: newPerson() };
        },
        return: end,
      }),
    };
    const { signal } = controller;
    const stopped = await rejection(
      (async () => {
        for await (const _ of crm.service().syncPersons(/** @type {any} */ (inputs), { signal })) {
          // The signal stops the run.
        }
      })(),
    );
    assert.equal(stopped, reason, ending);
    const results = [];
    const other = crm.service().syncPersons(
      /** @type {any} */ ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false, value: newPerson() }),
          return: end,
        }),
      }),
    );
    // As in any loop that the caller leaves: an error of the input's own return() goes to the caller.
    const left = await rejection(
      (async () => {
        for await (const result of other) {
          results.push(result);
          break;
        }
      })(),
    );
    assert.ok(left instanceof (ending === 'gives nothing' ? TypeError : Error), ending);
    assert.equal(results.length, 1, ending);
  }
});

test('records that JSON would change fail alone, and the others are written', async () => {
  class Person {
    constructor() {
      Object.assign(this, newPerson());
    }
  }
  const bare = Object.assign(Object.create(null), newPerson());
  const fromMethod = { toJSON: () => newPerson({ city: 'Lyon' }) };
  /** @type {Record<string, unknown>} */
  const cyclic = { ...newPerson() };
  cyclic.city = cyclic;
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  /** @type {[string, unknown, boolean][]} */
  const cases = [
    ['plain', newPerson(), true],
    ['of a class', new Person(), true],
    ['without a prototype', bare, true],
    ['with toJSON', fromMethod, true],
    ['an array that denies it', Object.setPrototypeOf([newPerson()], Object.prototype), false],
    ['a text that denies it', Object.setPrototypeOf(new String('x'), Object.prototype), false],
    ['a cycle', cyclic, false],
    ['a BigInt', newPerson({ total_submissions: /** @type {any} */ (1n) }), false],
    ['NaN', newPerson({ total_submissions: Number.NaN }), false],
    ['a revoked proxy', revoked, false],
    ['null', null, false],
    ['a text', 'x', false],
  ];
  // Beside records of which each one forces the slow path, and each alone among plain ones.
  const chunks = [cases, ...cases.map((one) => [one, ['plain', newPerson(), true]])];
  for (const chunk of /** @type {[string, unknown, boolean][][]} */ (chunks)) {
    const inputs = /** @type {any[]} */ (chunk.map(([, input]) => input));
    const results = [];
    for await (const result of crm.service().syncPersons(inputs)) results.push(result);
    assert.equal(results.length, chunk.length);
    for (const [at, [what, , isWritten]] of chunk.entries()) {
      const result = results[at];
      const said = `${what}: ${JSON.stringify(result)}`;
      if (isWritten) assert.notEqual(result.status, 'failed', said);
      else assert.equal(result.status === 'failed' && result.error.code, 'VALIDATION_ERROR', said);
    }
    const { failed } = await crm.service().syncPersons(inputs);
    assert.equal(failed, chunk.filter(([, , isWritten]) => !isWritten).length);
  }
});

test('a toJSON on Array.prototype, as old libraries add, does not change the records', async () => {
  /** @type {any} */
  const prototype = Array.prototype;
  prototype.toJSON = () => 'not an array';
  try {
    const { created, failed } = await crm.service().syncPersons([newPerson(), newPerson()]);
    assert.deepEqual({ created, failed }, { created: 2, failed: 0 });
  } finally {
    delete prototype.toJSON;
  }
});
