// The outbox: enqueued inputs, and stores, services and pools that do anything.
import assert from 'node:assert/strict';
import { api, COMPANY, PERSON, refusesOrReturns, settles } from './checks.mjs';
import { lent } from './lent.mjs';
import { misbehaving, unlessThenable } from './services.mjs';
import { almost, text, value } from './values.mjs';

/** @typedef {import('./values.mjs').Random} Random */

/** A clock on which every wait ends at once, and which advances by the time of the wait. */
function createClock() {
  let ms = 1_000_000;
  return {
    now: () => ms,
    /** @param {number} wait @param {{ keepsAlive: boolean }} how */
    async sleep(wait, { keepsAlive }) {
      await new Promise((resolve) => setImmediate(resolve));
      // Waits for leases do not keep the process alive: they end with the work.
      if (keepsAlive) ms += wait;
      else await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** The store's clock is real; nothing here waits for it. */
const platform = (/** @type {(event: any) => void} */ publish) =>
  api.createTwentyCrmSyncService({}, { mode: 'platform', publish });
const checker = platform(() => {});

const OPTIONS = { ...api.TWENTY_CRM_DEFAULTS.outbox, batchSize: 10 };
const OTHERS = ['service', 'store', 'invalidEmail', 'onError', 'onDeadLetter', 'clock', 'random'];

const RESULT = { status: 'updated', externalId: 'cli_1', warnings: [], error: undefined };
const CLAIM = {
  entity: 'person',
  externalId: 'cli_1',
  attempts: 0,
  changes: [{ id: '1', payload: JSON.stringify(PERSON), isDead: false, enqueuedAt: 0 }],
};
const COUNTS = { pending: 0, changes: 0, inFlight: 0, delayed: 0, deadLetters: 0, oldestAt: null };

function openOutbox() {
  /** @type {any[]} */
  const published = [];
  const service = platform((event) => published.push(event));
  const outbox = api.createTwentyCrmOutbox({ service, store: api.sqliteOutbox(':memory:') });
  return { outbox, published };
}
const outboxes = lent(openOutbox, ({ outbox }) => outbox.close());

/** @type {Record<string, (random: Random) => unknown>} */
export const outboxTargets = {
  'a change for an outbox': outboxes(async (random, { outbox, published }) => {
    published.length = 0;
    const person = almost(random, PERSON);
    const company = almost(random, COMPANY);
    const options = random.is(0.9) ? undefined : value(random, ['client']);
    const [one, other] = [
      await settles(() => outbox.enqueuePerson(person, options), undefined),
      await settles(() => outbox.enqueueCompany(company, undefined), undefined),
    ];
    const limits = almost(random, { limit: 5 }, ['limit', 'after']);
    await settles(() => outbox.deadLetters(limits), undefined);
    await settles(
      () => outbox.retryDeadLetter(random.is(0.5) ? text(random) : value(random)),
      undefined,
    );
    await settles(
      () => outbox.retryDeadLetters(almost(random, { olderThanMs: 5 }, ['olderThanMs'])),
      undefined,
    );
    const old = random.is(0.5) ? { olderThanMs: 5 } : { id: 'person:nobody' };
    await settles(() => outbox.purge(almost(random, old, ['id', 'olderThanMs'])), undefined);
    const { pending } = await outbox.stats();
    assert.equal(pending, [one, other].filter((found) => found !== undefined).length);
    await outbox.drain();
    // What is delivered is what the service itself makes of the input, companies first.
    const wanted = [];
    if (other !== undefined) wanted.push((await checker.upsertCompany(company)).data);
    if (one !== undefined) wanted.push((await checker.upsertPerson(person)).data);
    assert.deepEqual(
      published.map(({ payload }) => payload),
      wanted,
    );
  }),

  async 'an outbox whose parts do anything'(random) {
    const store = {
      ...misbehaving(random, ['enqueue', 'renew', 'purge'], 1),
      ...misbehaving(random, ['claim'], [CLAIM, almost(random, CLAIM)]),
      ...misbehaving(random, ['settle'], [true]),
      ...misbehaving(random, ['stats'], COUNTS),
      ...misbehaving(random, ['deadLetters'], []),
      ...misbehaving(random, ['retry'], true),
      ...(random.is(0.5) && misbehaving(random, ['retryAll'], 1)),
    };
    const run = () => {
      if (random.is(0.1)) throw value(random);
      if (random.is(0.2)) return value(random);
      return (async function* () {
        for (let left = random.below(3); left > 0; left -= 1) {
          yield unlessThenable(almost(random, RESULT));
        }
        if (random.is(0.2)) throw value(random);
      })();
    };
    const service = { syncPersons: run, syncCompanies: run };
    const hook = () => {
      if (random.is(0.2)) throw value(random);
    };
    const hooks = { onError: hook, onDeadLetter: hook, clock: createClock(), random: () => 1 };
    const good = { ...OPTIONS, ...hooks, service, store };
    const options = random.is(0.8)
      ? good
      : almost(random, good, [...Object.keys(OPTIONS), ...OTHERS]);
    const outbox = refusesOrReturns(() => api.createTwentyCrmOutbox(options));
    // An invalid clock waits for real, or forever.
    if (outbox === undefined || options.clock !== hooks.clock) return;
    for (const work of [
      () => outbox.enqueuePerson(almost(random, PERSON)),
      () => outbox.flush({ timeoutMs: random.pick([0, 5, 100_000]) }),
      () => outbox.stats(),
      () => outbox.deadLetters(),
      () => outbox.retryDeadLetter('person:cli_1'),
      () => outbox.retryDeadLetters(),
      () => outbox.purge(),
      () => outbox.close(),
    ]) {
      await settles(work, undefined);
    }
  },
};
