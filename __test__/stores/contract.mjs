// The contract of every mapping store, ours and the caller's.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';

/** Ids that some database, query language or encoding is known to confuse with others. */
export const awkwardIds = [
  'a)b(',
  'x,y',
  '"q"',
  "it's",
  "'; DROP TABLE integration_mappings; --",
  'two\nlines',
  'tab\there',
  '👩‍👩‍👧‍👦',
  ' leading blank',
  'trailing blank ',
  'case',
  'CASE',
  'straße',
  'STRASSE',
  'caf\u00e9',
  'cafe\u0301',
  '%',
  '_',
  '\\',
  '{a,b}',
  '{"a":1}',
  '$1',
  ':1',
  '?',
  'null',
  '0',
  '00',
  '\u200b',
  '\uffff',
  'person:1',
  'x'.repeat(500),
  `${'x'.repeat(499)}y`,
];

/**
 * @param {string} name
 * @param {() => any | Promise<any>} open Returns a store; the contract's tests share it, each with its own ids.
 * @param {{ isOurs?: boolean, skip?: string | false }} [options] `isOurs`: it checks arguments, and can be closed.
 */
export function storeContract(name, open, { isOurs = true, skip = false } = {}) {
  describe(`contract: ${name}`, { skip }, () => {
    /** @type {any} */
    let store;
    before(async () => {
      store = await open();
    });
    after(async () => {
      if (isOurs) await store.close();
    });

    const mapping = (fields) => ({
      everId: `e-${randomUUID()}`,
      crmId: randomUUID(),
      objectType: 'person',
      ...fields,
    });

    const pair = (found) => found && [found.everId, found.crmId, found.objectType];

    /** Checks that the store has exactly this mapping, by either id. */
    async function holds({ everId, crmId, objectType }) {
      const wanted = [everId, crmId, objectType];
      assert.deepEqual(pair(await store.findByEverId(everId, objectType)), wanted);
      assert.deepEqual(pair(await store.findByCrmId(crmId, objectType)), wanted);
      const many = await store.findManyByEverIds([everId], objectType);
      assert.deepEqual(many.map(pair), [wanted]);
    }

    test('unknown ids give null, or are left out', async () => {
      assert.equal(await store.findByEverId('nobody', 'person'), null);
      assert.equal(await store.findByCrmId(randomUUID(), 'person'), null);
      assert.deepEqual(await store.findManyByEverIds(['nobody', 'no one'], 'person'), []);
      assert.deepEqual(await store.findManyByEverIds([], 'person'), []);
      await store.upsertManyMappings([]);
      await store.deleteMapping('nobody', 'person');
    });

    test('a written mapping is found by either id', async () => {
      const one = mapping();
      await store.upsertMapping(one);
      await holds(one);
    });

    test('a person and a company with the same ids are two mappings', async () => {
      const person = mapping();
      const company = { ...person, crmId: randomUUID(), objectType: 'company' };
      await store.upsertManyMappings([person, company]);
      await holds(person);
      await holds(company);
      await store.deleteMapping(person.everId, 'person');
      assert.equal(await store.findByEverId(person.everId, 'person'), null);
      await holds(company);
    });

    test('a second write replaces the first', async () => {
      const old = mapping();
      await store.upsertMapping(old);
      const renewed = { ...old, crmId: randomUUID() };
      await store.upsertMapping(renewed);
      await holds(renewed);
      assert.equal(await store.findByCrmId(old.crmId, 'person'), null);
    });

    test('a deleted mapping is gone for either id', async () => {
      const one = mapping();
      await store.upsertMapping(one);
      await store.deleteMapping(one.everId, 'person');
      assert.equal(await store.findByEverId(one.everId, 'person'), null);
      assert.equal(await store.findByCrmId(one.crmId, 'person'), null);
      await store.upsertMapping(one);
      await holds(one);
    });

    test('a CRM id leads to the mapping that was written last', async () => {
      const crmId = randomUUID();
      const [first, second] = [mapping({ crmId }), mapping({ crmId })];
      await store.upsertMapping(first);
      await store.upsertMapping(second);
      assert.equal((await store.findByCrmId(crmId, 'person')).everId, second.everId);
      await store.upsertManyMappings([first, mapping()]);
      assert.equal((await store.findByCrmId(crmId, 'person')).everId, first.everId);
    });

    test('similar ids are kept apart, character by character', async () => {
      const mappings = awkwardIds.map((everId) => mapping({ everId }));
      await store.upsertManyMappings(mappings);
      for (const one of mappings) await holds(one);
      const found = await store.findManyByEverIds([...awkwardIds, 'Case'], 'person');
      assert.deepEqual(
        new Map(found.map((one) => [one.everId, one.crmId])),
        new Map(mappings.map((one) => [one.everId, one.crmId])),
      );
    });

    test('the hash depends on the content, and the time increases', async () => {
      const one = mapping();
      const write = async (dataForHash) => {
        await store.upsertMapping({ ...one, dataForHash });
        return store.findByEverId(one.everId, 'person');
      };
      const first = await write({ name: 'Zoë', plan: null });
      const same = await write({ plan: null, name: 'Zoë' });
      const other = await write({ plan: '', name: 'Zoë' });
      assert.match(first.versionHash, /^[0-9a-f]{64}$/);
      assert.equal(same.versionHash, first.versionHash);
      assert.notEqual(other.versionHash, first.versionHash);
      const times = [first, same, other].map((found) => Number(found.lastSyncedAt));
      assert.ok(Math.abs(times[0] - Date.now()) < 3_600_000, `${first.lastSyncedAt}`);
      assert.ok(times[0] <= times[1] && times[1] <= times[2], times.join(' '));
    });

    test('10,000 mappings are written and read in one call', async () => {
      const mappings = Array.from({ length: 10_000 }, () => mapping({ objectType: 'company' }));
      await store.upsertManyMappings(mappings);
      const ids = mappings.map((one) => one.everId);
      const found = await store.findManyByEverIds([...ids, 'nobody'], 'company');
      assert.equal(found.length, 10_000);
      const byEverId = new Map(found.map((one) => [one.everId, one.crmId]));
      for (const one of mappings) assert.equal(byEverId.get(one.everId), one.crmId);
      await holds(mappings[9_999]);
    });

    test('many writes at once: every key ends with one of the values written for it', async () => {
      const keys = Array.from({ length: 50 }, () => `e-${randomUUID()}`);
      const written = new Map(keys.map((key) => [key, new Set()]));
      const task = async () => {
        for (const everId of keys) {
          const one = mapping({ everId });
          written.get(everId).add(one.crmId);
          await store.upsertMapping(one);
        }
      };
      const batch = async () => {
        const mappings = keys.map((everId) => mapping({ everId })).reverse();
        for (const one of mappings) written.get(one.everId).add(one.crmId);
        await store.upsertManyMappings(mappings);
      };
      await Promise.all(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? task() : batch())));
      const found = await store.findManyByEverIds(keys, 'person');
      assert.equal(found.length, keys.length);
      for (const one of found) {
        assert.ok(written.get(one.everId).has(one.crmId));
        await holds(one);
      }
    });

    // A caller's own store may do anything with these.
    if (!isOurs) return;

    test('if a key occurs twice in a batch, the later one wins', async () => {
      const old = mapping();
      const renewed = { ...old, crmId: randomUUID() };
      await store.upsertManyMappings([old, mapping(), renewed]);
      await holds(renewed);
    });

    test('values that cannot be stored are refused with a short message', async () => {
      const isShort = ({ code, message }) => code === 'VALIDATION_ERROR' && message.length < 400;
      /** @type {any} */
      let deep = {};
      for (let level = 0; level < 300; level += 1) deep = { deep };
      for (const bad of [
        mapping({ dataForHash: deep }),
        mapping({ everId: `${'x'.repeat(1_000_000)}\0` }),
        mapping({ crmId: `${'x'.repeat(1_000_000)}\ud800` }),
      ]) {
        await assert.rejects(async () => store.upsertMapping(bad), isShort);
      }
    });

    test('a given hash is stored', async () => {
      const one = mapping({ versionHash: 'v1', dataForHash: { name: 'x' } });
      await store.upsertMapping(one);
      assert.equal((await store.findByEverId(one.everId, 'person')).versionHash, 'v1');
      await store.upsertMapping({ ...one, versionHash: undefined, dataForHash: undefined });
      assert.equal((await store.findByEverId(one.everId, 'person')).versionHash, null);
    });

    test('invalid arguments are refused by name', async () => {
      const bad = [
        ['everId', () => store.findByEverId('', 'person')],
        ['everId', () => store.findByEverId(7, 'person')],
        ['everId', () => store.findManyByEverIds(['a', 'half \ud800'], 'person')],
        ['everIds', () => store.findManyByEverIds('a', 'person')],
        ['objectType', () => store.findByEverId('a', 'people')],
        ['crmId', () => store.findByCrmId(undefined, 'person')],
        ['everId', () => store.upsertMapping(mapping({ everId: 'nul \0' }))],
        ['crmId', () => store.upsertManyMappings([mapping(), mapping({ crmId: null })])],
        ['mapping', () => store.upsertMapping(undefined)],
        ['mappings', () => store.upsertManyMappings({})],
        ['dataForHash', () => store.upsertMapping(mapping({ dataForHash: 'text' }))],
        ['everId', () => store.deleteMapping(null, 'person')],
      ];
      for (const [field, call] of bad) {
        await assert.rejects(call(), (error) => {
          assert.equal(error.code, 'VALIDATION_ERROR', `${error}`);
          assert.equal(error.details.field, field);
          return true;
        });
      }
    });

    test('a closed store rejects with a clear error', async () => {
      const closed = await open();
      await closed.close();
      await closed.close();
      for (const call of [
        () => closed.findByEverId('a', 'person'),
        () => closed.upsertMapping(mapping()),
        () => closed.deleteMapping('a', 'person'),
      ]) {
        await assert.rejects(call(), { code: 'OPERATION_FAILED', message: /closed/ });
      }
    });
  });
}
