// The contract of every outbox store, ours and the caller's.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, beforeEach, describe, test } from 'node:test';
import { awkwardIds } from '../stores/contract.mjs';

/**
 * @param {string} name
 * @param {(now: () => number) => any | Promise<any>} open Returns an empty store with this clock.
 * @param {{ skip?: string | false }} [options]
 */
export function outboxStoreContract(name, open, { skip = false } = {}) {
  describe(`contract: ${name}`, { skip }, () => {
    /** @type {any} */
    let store;
    let ms = 0;
    const stores = [];
    beforeEach(async () => {
      ms = 1_700_000_000_000;
      store = await open(() => ms);
      stores.push(store);
    });
    after(async () => {
      for (const one of stores) await one.close();
    });

    const change = (externalId, fields = {}, entity = 'person', needs = null) => ({
      entity,
      externalId,
      needs,
      payload: JSON.stringify({ external_id: externalId, ...fields }),
    });
    const company = (externalId, fields) => change(externalId, fields, 'company');
    const claim = (options) =>
      store.claim({ token: 't', limit: 100, leaseMs: 60_000, isProbe: false, ...options });
    const namesOf = (claims) => claims.map(({ externalId }) => externalId);
    const fieldsOf = (record) => record.changes.map(({ payload }) => JSON.parse(payload));

    const settlement = (record, fields) => ({
      entity: record.entity,
      externalId: record.externalId,
      remove: [],
      rewrite: [],
      lane: null,
      ...fields,
    });
    const delivered = (record) =>
      settlement(record, { remove: record.changes.map(({ id }) => id) });
    const late = (record, delayMs, attempts = record.attempts + 1) =>
      settlement(record, { lane: { attempts, delayMs } });
    const died = (record) =>
      settlement(record, {
        remove: record.changes.slice(1).map(({ id }) => id),
        rewrite: [
          {
            id: record.changes[0].id,
            payload: record.changes.at(-1).payload,
            needs: null,
            dead: {
              error: { code: 'VALIDATION_ERROR', message: 'no', isRetryable: false },
              attempts: 3,
            },
          },
        ],
      });
    const settle = (records, token = 't') => store.settle({ token, records });

    test('a new store is empty', async () => {
      assert.deepEqual(await claim(), []);
      assert.deepEqual(await claim({ isProbe: true }), []);
      assert.deepEqual(await settle([]), []);
      assert.equal(await store.renew({ token: 't', leaseMs: 1 }), 0);
      assert.deepEqual(await store.deadLetters({ limit: 10 }), []);
      assert.equal(await store.retry({ entity: 'person', externalId: '1' }), false);
      assert.equal(await store.purge({ pending: true }), 0);
      assert.deepEqual(await store.stats(), {
        pending: 0,
        changes: 0,
        oldestAt: null,
        deadLetters: 0,
        inFlight: 0,
        delayed: 0,
      });
    });

    test('changes of a record come together, in the order in which they were made', async () => {
      await store.enqueue([change('1', { plan: 'a' }), change('2'), change('1', { plan: 'b' })]);
      ms += 5;
      await store.enqueue([change('1', { city: null })]);
      const claims = await claim();
      assert.deepEqual(namesOf(claims), ['1', '2']);
      assert.deepEqual(
        fieldsOf(claims[0]).map(({ plan, city }) => ({ plan, city })),
        [
          { plan: 'a', city: undefined },
          { plan: 'b', city: undefined },
          { plan: undefined, city: null },
        ],
      );
      const [{ changes, ...rest }] = claims;
      assert.deepEqual(rest, { entity: 'person', externalId: '1', attempts: 0 });
      assert.deepEqual(
        changes.map(({ isDead, enqueuedAt }) => [isDead, enqueuedAt]),
        [
          [false, ms - 5],
          [false, ms - 5],
          [false, ms],
        ],
      );
    });

    test('companies come first, then those that wait longest, no more than requested', async () => {
      await store.enqueue([change('p1'), change('p2'), company('c1'), change('p3'), company('c2')]);
      assert.deepEqual(namesOf(await claim({ limit: 3, token: 'a' })), ['c1', 'c2', 'p1']);
      assert.deepEqual(namesOf(await claim({ limit: 3, token: 'b' })), ['p2', 'p3']);
    });

    test('a person and a company with the same id are two records', async () => {
      await store.enqueue([change('1'), company('1')]);
      const claims = await claim();
      assert.deepEqual(
        claims.map(({ entity }) => entity),
        ['company', 'person'],
      );
      assert.deepEqual(await settle([delivered(claims[0])]), [true]);
      assert.equal((await store.stats()).pending, 1);
    });

    test('a claimed record has one holder until the lease ends', async () => {
      await store.enqueue([change('1')]);
      assert.equal((await claim({ token: 'a' })).length, 1);
      await store.enqueue([change('1', { plan: 'later' })]);
      assert.deepEqual(await claim({ token: 'b' }), []);
      ms += 59_999;
      assert.deepEqual(await claim({ token: 'b' }), []);
      ms += 1;
      assert.equal((await claim({ token: 'b' }))[0].changes.length, 2);
    });

    test('a claim with an earlier time does not take it over, however long the lease', async () => {
      for (const [at, leaseMs] of [60_000, 1_800_000].entries()) {
        const [first, other] = [`first ${at}`, `other ${at}`];
        await store.enqueue([change(first)]);
        const [record] = await claim({ token: first, leaseMs });
        for (const behind of [1, 1_000, 60_000]) {
          ms -= behind;
          assert.deepEqual(await claim({ token: other, leaseMs }), []);
          assert.equal((await store.stats()).inFlight, 1);
          ms += behind;
          assert.equal(await store.renew({ token: first, leaseMs }), 1);
        }
        assert.deepEqual(await settle([delivered(record)], first), [true]);
      }
    });

    test('a renewed lease lasts, and renew returns the number of records', async () => {
      await store.enqueue([change('1'), change('2')]);
      const claims = await claim({ token: 'a' });
      ms += 50_000;
      assert.equal(await store.renew({ token: 'a', leaseMs: 60_000 }), 2);
      ms += 50_000;
      assert.deepEqual(await claim({ token: 'b' }), []);
      await settle([delivered(claims[0])], 'a');
      assert.equal(await store.renew({ token: 'a', leaseMs: 60_000 }), 1);
      ms += 60_000;
      assert.equal((await claim({ token: 'b' })).length, 1);
      assert.equal(await store.renew({ token: 'a', leaseMs: 60_000 }), 0);
    });

    test('a worker whose lease has expired can change nothing', async () => {
      await store.enqueue([change('1', { plan: 'old' })]);
      const [old] = await claim({ token: 'a' });
      await store.enqueue([change('1', { plan: 'new' })]);
      ms += 60_000;
      const [current] = await claim({ token: 'b' });
      for (const outcome of [delivered(old), late(old, 0), died(old)]) {
        assert.deepEqual(await settle([outcome], 'a'), [false]);
      }
      const before = await store.stats();
      assert.deepEqual([before.pending, before.changes, before.deadLetters], [1, 2, 0]);
      assert.deepEqual(await settle([delivered(current)], 'b'), [true]);
      assert.deepEqual(await settle([delivered(old)], 'a'), [false]);
      assert.equal((await store.stats()).pending, 0);
    });

    test('a worker whose lease has expired can still settle if nobody took over', async () => {
      await store.enqueue([change('1')]);
      const [record] = await claim();
      ms += 600_000;
      assert.deepEqual(await settle([delivered(record)]), [true]);
      assert.deepEqual(await claim({ token: 'b' }), []);
    });

    test('a change made while an earlier one is in flight stays', async () => {
      await store.enqueue([change('1', { plan: 'old' })]);
      const [record] = await claim();
      await store.enqueue([change('1', { plan: 'new' })]);
      assert.deepEqual(await settle([delivered(record)]), [true]);
      const [next] = await claim({ token: 'u' });
      assert.deepEqual(
        fieldsOf(next).map(({ plan }) => plan),
        ['new'],
      );
    });

    test('a record that is handed back keeps its changes; attempts and delay are stored', async () => {
      await store.enqueue([change('1')]);
      const [record] = await claim();
      assert.deepEqual(await settle([late(record, 1_000)]), [true]);
      assert.equal((await store.stats()).delayed, 1);
      await store.enqueue([change('1', { plan: 'b' })]);
      ms += 999;
      assert.deepEqual(await claim({ token: 'u' }), []);
      ms += 1;
      const [again] = await claim({ token: 'u' });
      assert.deepEqual([again.attempts, again.changes.length], [1, 2]);
      await settle([delivered(again)], 'u');
      await store.enqueue([change('1')]);
      assert.equal((await claim({ token: 'v' }))[0].attempts, 0);
    });

    test('records that are settled together are independent of each other', async () => {
      await store.enqueue([change('1'), change('2'), change('3')]);
      const [one, two, three] = await claim();
      const nobody = settlement({ entity: 'person', externalId: 'nobody' });
      const held = await settle([delivered(one), nobody, late(two, 0), died(three)]);
      assert.deepEqual(held, [true, false, true, true]);
      assert.deepEqual(namesOf(await claim({ token: 'u' })), ['2']);
    });

    test('a settlement cannot touch changes of another record', async () => {
      await store.enqueue([change('1'), change('2')]);
      const [one, two] = await claim();
      const ids = two.changes.map(({ id }) => id);
      const rewrite = ids.map((id) => ({ id, payload: '{}', needs: null, dead: null }));
      await settle([settlement(one, { remove: ids, rewrite, lane: { attempts: 0, delayMs: 0 } })]);
      await settle([late(two, 0)]);
      const claims = await claim({ token: 'u' });
      assert.deepEqual(claims.flatMap(fieldsOf), [{ external_id: '1' }, { external_id: '2' }]);
    });

    test('a person waits for its company, whichever of its changes names it', async () => {
      await store.enqueue([
        change('p', {}, 'person', 'c'),
        change('p'),
        change('other', {}, 'person', 'elsewhere'),
        company('c'),
      ]);
      const claims = await claim();
      assert.deepEqual(namesOf(claims), ['c', 'other']);
      assert.deepEqual(await claim({ token: 'u' }), [], 'nor while the company is under way');
      await settle([late(claims[0], 0)]);
      assert.deepEqual(namesOf(await claim({ token: 'u', limit: 1 })), ['c']);
      await settle([delivered(claims[0])], 'u');
      assert.deepEqual(namesOf(await claim({ token: 'v' })), ['p']);
    });

    test('a person does not wait for a company that keeps failing while others succeed', async () => {
      await store.enqueue([company('c'), change('p', {}, 'person', 'c')]);
      for (const attempts of [1, 2, 3]) {
        const [record] = await claim();
        assert.equal(record.externalId, 'c');
        await settle([late(record, 1_000, attempts)]);
        assert.deepEqual(namesOf(await claim({ token: 'u' })), attempts < 3 ? [] : ['p']);
        if (attempts < 3) ms += 1_000;
      }
    });

    test('a person does not wait for a company that is a dead letter', async () => {
      await store.enqueue([company('c'), change('p', {}, 'person', 'c')]);
      const [record] = await claim();
      await settle([died(record)]);
      assert.deepEqual(namesOf(await claim({ token: 'u' })), ['p']);
    });

    test('a probe claims the record with the fewest attempts', async () => {
      await store.enqueue([company('1'), change('2'), change('3')]);
      for (const name of ['1', '2', '3', '1']) {
        const [record, ...others] = await claim({ isProbe: true, limit: 1 });
        assert.deepEqual([record.externalId, others], [name, []]);
        await settle([late(record, 0)]);
      }
      assert.deepEqual(namesOf(await claim()), ['1', '2', '3']);
    });

    test('a dead letter is listed, but not claimed', async () => {
      await store.enqueue([change('1', { plan: 'a' }), change('1', { plan: 'b' })]);
      const [record] = await claim();
      ms += 7;
      await settle([died(record)]);
      assert.deepEqual(await claim({ token: 'u' }), []);
      const [letter, ...others] = await store.deadLetters({ limit: 10 });
      assert.deepEqual(others, []);
      assert.deepEqual(
        { ...letter, payload: JSON.parse(letter.payload), id: undefined, error: undefined },
        {
          id: undefined,
          error: undefined,
          entity: 'person',
          externalId: '1',
          payload: { external_id: '1', plan: 'b' },
          info: {
            error: { code: 'VALIDATION_ERROR', message: 'no', isRetryable: false },
            attempts: 3,
          },
          enqueuedAt: ms - 7,
          deadAt: ms,
        },
      );
      const stats = await store.stats();
      assert.deepEqual([stats.pending, stats.deadLetters, stats.oldestAt], [0, 1, null]);
    });

    test('a later change of the record is claimed, together with its dead letter', async () => {
      await store.enqueue([change('1', { plan: 'bad' })]);
      const [record] = await claim();
      await settle([died(record)]);
      await store.enqueue([change('1', { plan: 'good' })]);
      const [next] = await claim();
      assert.deepEqual(
        next.changes.map(({ isDead }) => isDead),
        [true, false],
      );
      const { id } = next.changes[0];
      const payload = JSON.stringify({ plan: 'good' });
      await settle([
        settlement(next, {
          remove: [next.changes[1].id],
          rewrite: [{ id, payload, needs: null, dead: null }],
        }),
      ]);
      const [letter] = await store.deadLetters({ limit: 1 });
      assert.equal(letter.payload, payload);
      assert.equal(letter.info.attempts, 3);
    });

    test('a retried dead letter returns to its old place', async () => {
      await store.enqueue([change('1', { plan: 'old' })]);
      await settle([died((await claim())[0])]);
      await store.enqueue([change('1', { plan: 'new' })]);
      assert.equal(await store.retry({ entity: 'company', externalId: '1' }), false);
      assert.equal(await store.retry({ entity: 'person', externalId: '1' }), true);
      assert.equal(await store.retry({ entity: 'person', externalId: '1' }), false);
      const [next] = await claim({ token: 'u' });
      assert.deepEqual(
        next.changes.map(({ isDead, payload }) => [isDead, JSON.parse(payload).plan]),
        [
          [false, 'old'],
          [false, 'new'],
        ],
      );
      assert.equal((await store.stats()).deadLetters, 0);
    });

    test('a retried dead letter is due at once', async () => {
      await store.enqueue([change('1')]);
      await settle([died((await claim())[0])]);
      await store.enqueue([change('1')]);
      await settle([late((await claim({ token: 'u' }))[0], 60_000)], 'u');
      await store.retry({ entity: 'person', externalId: '1' });
      assert.equal((await claim({ token: 'v' })).length, 1);
    });

    test('all dead letters, or only older ones, can be retried together', async () => {
      await store.enqueue([change('old'), company('old'), change('new')]);
      const [one, two, three] = await claim({ limit: 3 });
      await settle([died(one), died(two)]);
      ms += 60_000;
      await settle([died(three)]);
      await store.enqueue([change('old', { plan: 'later' }), change('waiting')]);
      // A delay of its own ends, too.
      const [later] = await claim({ token: 'u', limit: 1 });
      assert.equal(later.externalId, 'old');
      await settle([late(later, 600_000)], 'u');
      assert.equal(await store.retryAll({ olderThanMs: 60_001 }), 0);
      assert.equal(await store.retryAll({ olderThanMs: 59_999 }), 2);
      assert.deepEqual(namesOf(await store.deadLetters({ limit: 10 })), ['new']);
      assert.deepEqual(namesOf(await claim({ token: 'v' })), ['old', 'old', 'waiting']);
      assert.equal(await store.retryAll({}), 1);
      assert.equal(await store.retryAll({}), 0);
      assert.deepEqual(namesOf(await claim({ token: 'w' })), ['new']);
    });

    test('dead letters come in pages', async () => {
      const names = Array.from({ length: 25 }, (_, at) => `id ${at}`);
      await store.enqueue([...names.map((name) => change(name)), company('id 3')]);
      await settle((await claim()).map(died));
      const seen = [];
      for (let after; ; ) {
        const page = await store.deadLetters({ limit: 10, after });
        if (page.length === 0) break;
        assert.ok(page.length <= 10);
        seen.push(...page.map(({ entity, externalId }) => `${entity} ${externalId}`));
        after = page.at(-1);
        // Dead letters of the last page may be deleted: the next page does not need them.
        await store.purge({ entity: after.entity, externalId: after.externalId, pending: false });
      }
      assert.deepEqual(
        seen.sort(),
        ['company id 3', ...names.map((name) => `person ${name}`)].sort(),
      );
    });

    test('purge deletes what was selected, and nothing else', async () => {
      await store.enqueue([change('dead'), change('old')]);
      const [dead] = await claim();
      await settle([died(dead)]);
      ms += 120_000;
      await store.enqueue([change('new'), change('one')]);
      assert.equal(await store.purge({ pending: false, olderThanMs: 120_001 }), 0);
      assert.equal(await store.purge({ pending: false, olderThanMs: 119_999 }), 1);
      assert.equal(await store.purge({ pending: true, entity: 'company', externalId: 'one' }), 0);
      assert.equal(await store.purge({ pending: true, entity: 'person', externalId: 'one' }), 1);
      assert.equal(await store.purge({ pending: true, olderThanMs: 60_000 }), 1);
      assert.deepEqual(namesOf(await claim({ token: 'u' })), ['new']);
    });

    test('purging a record in flight leaves nothing behind', async () => {
      await store.enqueue([change('1')]);
      const [record] = await claim();
      await store.purge({ pending: true });
      assert.deepEqual(await settle([late(record, 60_000)]), [true]);
      await store.purge({ pending: true });
      await store.enqueue([change('1')]);
      ms += 60_000;
      assert.equal((await claim({ token: 'u' })).length, 1);
    });

    test('counts', async () => {
      await store.enqueue([change('1'), change('1'), change('2'), change('3'), company('4')]);
      const claims = await claim();
      await settle([late(claims[0], 5_000), died(claims[1])]);
      ms += 1_000;
      await store.enqueue([change('5')]);
      assert.deepEqual(await store.stats(), {
        pending: 4,
        changes: 4,
        oldestAt: ms - 1_000,
        deadLetters: 1,
        inFlight: 2,
        delayed: 1,
      });
    });

    test('similar ids are kept apart, character by character', async () => {
      await store.enqueue(awkwardIds.map((id) => change(id, { name: id })));
      const claims = await claim({ limit: 1_000 });
      assert.deepEqual(namesOf(claims).sort(), [...awkwardIds].sort());
      for (const record of claims) assert.equal(fieldsOf(record)[0].name, record.externalId);
      assert.ok((await settle(claims.map(delivered))).every((held) => held));
      assert.equal((await store.stats()).changes, 0);
    });

    test('a clock that is set back by more than any lease blocks nothing', async () => {
      await store.enqueue([change('1'), change('2')]);
      const claims = await claim({ token: 'a' });
      await settle([late(claims[1], 3_600_000)], 'a');
      ms -= 10 * 3_600_000;
      assert.deepEqual(namesOf(await claim({ token: 'b' })), ['1', '2']);
    });

    test('10,000 records pass through', async () => {
      const names = Array.from({ length: 10_000 }, (_, at) => `id ${at}`);
      await store.enqueue(names.map((name) => change(name)));
      const seen = [];
      for (let at = 0; ; at += 1) {
        const claims = await claim({ token: `t${at}`, limit: 800 });
        if (claims.length === 0) break;
        seen.push(...namesOf(claims));
        await settle(claims.map(delivered), `t${at}`);
      }
      assert.deepEqual(seen, names);
    });

    test('many workers at once: no record has two holders, nothing is lost or done twice', async () => {
      const names = Array.from({ length: 60 }, (_, at) => `id ${at}`);
      const held = new Set();
      const done = new Map(names.map((name) => [name, []]));
      let rest = names.length * 5;
      const enqueueing = (async () => {
        for (let edit = 0; edit < 5; edit += 1) {
          await Promise.all(
            Array.from({ length: 6 }, (_, part) =>
              store.enqueue(
                names.slice(part * 10, part * 10 + 10).map((name) => change(name, { edit })),
              ),
            ),
          );
        }
      })();
      const worker = async () => {
        while (rest > 0) {
          const token = randomUUID();
          const claims = await claim({ token, limit: 7 });
          for (const { externalId } of claims) {
            assert.ok(!held.has(externalId), `${externalId} is held twice`);
            held.add(externalId);
          }
          for (const record of claims) {
            const edits = fieldsOf(record).map(({ edit }) => edit);
            done.get(record.externalId).push(...edits);
            rest -= edits.length;
            held.delete(record.externalId);
          }
          const kept = await settle(claims.map(delivered), token);
          assert.ok(kept.every((one) => one));
        }
      };
      await Promise.all([enqueueing, ...Array.from({ length: 6 }, worker)]);
      for (const [name, edits] of done) assert.deepEqual(edits, [0, 1, 2, 3, 4], name);
    });

    test('a closed store rejects with a clear error', async () => {
      const closed = await open(() => ms);
      await closed.close();
      await closed.close();
      for (const call of [
        () => closed.enqueue([change('1')]),
        () => closed.claim({ token: 't', limit: 1, leaseMs: 1, isProbe: false }),
        () => closed.stats(),
      ]) {
        await assert.rejects(call(), { code: 'OPERATION_FAILED', message: /closed/ });
      }
    });
  });
}
