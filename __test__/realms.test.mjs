// Values of another realm (Jest's tests, `vm`) are recognised: no decision depends on whose `Error` or `ArrayBuffer` it
// is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { types } from 'node:util';
import * as ours from '../index.mjs';
import { signTwentyWebhook } from '../sim/npm/index.mjs';
import { authority } from './helpers/certificates.mjs';
import { newCompany, newPerson, rejection, useSim } from './helpers/crm.mjs';
import { newRealm } from './helpers/realm.mjs';
import { KEY } from './helpers/servers.mjs';

const crm = useSim({ preset: 'provisioned' });
const SECRET = 'a secret of a webhook';

/** @param {() => unknown} work @returns {any} */
function thrown(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Calls that the core, or a check before it, refuses. @type {Record<string, (own: typeof ours) => Promise<any>>} */
const refusals = {
  'a base URL': async (own) =>
    thrown(() => own.createTwentyCrmSyncService({ baseUrl: 'ftp://x', apiKey: KEY })),
  'a client of its own': async (own) =>
    thrown(
      () => new own.TwentyCrmRestClient({ baseUrl: 'https://x/rest#a', apiKey: KEY, timeout: 0 }),
    ),
  'an option': async (own) =>
    thrown(() =>
      own.createTwentyCrmSyncService({ baseUrl: 'https://x', apiKey: KEY }, { cacheTtlMs: -1 }),
    ),
  'a record': (own) =>
    rejection(
      own
        .createTwentyCrmSyncService({ baseUrl: 'https://x', apiKey: KEY })
        .upsertPerson({ ...newPerson(), email: 'no address' }),
    ),
  'a record in platform mode': (own) =>
    rejection(
      own
        .createTwentyCrmSyncService(
          { baseUrl: '', apiKey: '' },
          { mode: 'platform', publish: () => {} },
        )
        .upsertPerson({ ...newPerson(), external_id: '' }),
    ),
  'options of a run': async (own) =>
    thrown(() =>
      own
        .createTwentyCrmSyncService({ baseUrl: 'https://x', apiKey: KEY })
        .syncPersons([], { maxConflictRetries: -1 }),
    ),
  'a path': async (own) => {
    const client = new own.TwentyCrmRestClient({ baseUrl: 'https://x', apiKey: KEY });
    const answer = await client.get(/** @type {any} */ (5));
    return answer.success ? undefined : answer.error;
  },
};

for (const [name, refusal] of Object.entries(refusals)) {
  test(`${name} is refused in the same words in every realm`, async () => {
    const { load } = newRealm();
    const own = load();
    const [here, there] = [await refusal(ours), await refusal(own)];
    assert.equal(there.code, 'VALIDATION_ERROR', there.message);
    assert.doesNotMatch(there.message, /[{}]/);
    assert.equal(there.message, here.message);
    assert.equal(there.details.field, here.details.field);
    if (name !== 'a path') assert.ok(there instanceof own.TwentyCrmApiError);
  });
}

test('a whole run in its own realm, twice, and two copies of the package at once', async () => {
  const { load, evaluate } = newRealm();
  const copies = [load(), load()];
  const store = copies[0].sqliteMappingStore(':memory:');
  const services = copies.map((own, at) =>
    own.createTwentyCrmSyncService(
      { baseUrl: crm.sim.baseUrl, apiKey: crm.sim.apiKey },
      at === 0 ? { mappingStore: store } : {},
    ),
  );
  assert.ok(evaluate('Error') !== Error);
  for (const service of services) {
    const people = evaluate('(people) => people.map((person) => ({ ...person }))')(
      Array.from({ length: 5 }, () => newPerson()),
    );
    const summary = await service.syncPersons([...people, { ...newPerson(), email: 'none' }]);
    assert.deepEqual([summary.created, summary.failed], [5, 1]);
    assert.deepEqual(summary.failuresByCode ?? {}, {});
    assert.equal((await service.upsertPerson(people[0])).created, false);
    assert.equal((await service.upsertCompany(newCompany())).created, true);
  }
  const both = await Promise.all(services.map((service) => service.upsertPerson(newPerson())));
  assert.deepEqual(
    both.map(({ created }) => created),
    [true, true],
  );
  await store.close();
});

test('a store’s error from another realm is repeated with its message', async () => {
  const { load, evaluate } = newRealm();
  for (const [own, foreign] of /** @type {[typeof ours, any][]} */ ([
    [ours, evaluate('Error')],
    [load(), Error],
  ])) {
    const fail = () => {
      throw new foreign('the disk is full');
    };
    const store = { findByEverId: fail, upsertMapping: fail, deleteMapping: fail };
    /** @type {any[]} */
    const warnings = [];
    const service = own.createTwentyCrmSyncService(
      { baseUrl: crm.sim.baseUrl, apiKey: crm.sim.apiKey },
      { mappingStore: store, onWarning: (warning) => void warnings.push(warning) },
    );
    await service.upsertPerson(newPerson());
    assert.ok(warnings.length > 0);
    for (const { message } of warnings) {
      assert.match(message, /the disk is full/);
      assert.doesNotMatch(message, /Error: the disk/);
    }
    const repository = new own.TwentyCrmConfigRepository({
      store: { getConfig: fail, createConfig: fail, updateConfig: fail },
    });
    const error = await rejection(repository.getConfig());
    assert.equal(error.details.originalError, 'the disk is full');
  }
});

test('errors that this package made in another realm are recognised', async () => {
  const own = newRealm().load();
  const theirs = new own.TwentyCrmApiError(
    own.createTwentyCrmError(own.TwentyCrmErrorCode.OPERATION_FAILED, 'stored elsewhere', {
      isRetryable: true,
      details: { reason: 'STORE' },
    }),
  );
  assert.ok(ours.isTwentyCrmError(theirs));
  const fail = async () => {
    throw theirs;
  };
  const methods = ['enqueue', 'claim', 'renew', 'settle', 'stats', 'deadLetters', 'retry', 'purge'];
  const outbox = ours.createTwentyCrmOutbox({
    service: crm.service(),
    store: /** @type {any} */ (Object.fromEntries(methods.map((name) => [name, fail]))),
  });
  const error = await rejection(outbox.enqueuePerson(newPerson()));
  assert.equal(error.message, 'stored elsewhere');
  assert.equal(error.isRetryable, true);
  const platform = ours.createTwentyCrmSyncService(
    { baseUrl: '', apiKey: '' },
    { mode: 'platform', publish: fail },
  );
  for await (const result of platform.syncPersons([newPerson()])) {
    assert.equal(result.status, 'failed');
    assert.deepEqual(result.error, theirs.toJSON());
    assert.ok(!types.isNativeError(result.error), 'a plain object, as all results have');
  }
});

test('a hook’s error from another realm is named', async () => {
  const foreign = newRealm().evaluate('TypeError');
  /** @type {Error[]} */
  const warnings = [];
  const onWarning = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', onWarning);
  const service = crm.service({
    onWarning() {
      throw new foreign('a secret word');
    },
  });
  await service.upsertPerson(newPerson({ phone: 'no number' }));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', onWarning);
  assert.match(warnings[0].message, /onWarning threw \(TypeError\)/);
});

test('bytes from another realm: a webhook’s body, and certificate authorities', async () => {
  const { evaluate, load } = newRealm();
  const own = load();
  const event = {
    ...{
      eventName: 'person.created',
      workspaceId: 'w',
      objectMetadata: { nameSingular: 'person' },
    },
    ...{ record: { id: '01234567-89ab-4def-8123-456789abcdef' }, webhookId: 'h' },
    eventDate: new Date().toISOString(),
  };
  const text = JSON.stringify(event);
  const { headers } = signTwentyWebhook({ body: text, secret: SECRET });
  const make = evaluate(`(bytes, Kind) => {
    const view = new Uint8Array([...bytes]);
    return Kind === 'view' ? view : view.buffer;
  }`);
  const foreign = ['view', 'buffer'].map((kind) => make(Buffer.from(text), kind));
  const native = [Buffer.from(text), new Uint8Array(Buffer.from(text)).buffer];
  for (const rawBody of [...foreign, ...native]) {
    for (const copy of [ours, own]) {
      const found = copy.verifyTwentyWebhook({ rawBody, headers, secret: SECRET });
      assert.equal(found.eventName, 'person.created');
    }
  }
  const { cert } = authority();
  for (const ca of [make(Buffer.from(cert), 'view'), Buffer.from(cert)]) {
    for (const copy of [ours, own]) {
      new copy.TwentyCrmRestClient({ baseUrl: 'https://x', apiKey: KEY, ca });
    }
  }
});

test('an abort reason from another realm is passed on unchanged', async () => {
  const { evaluate, load } = newRealm();
  const own = load();
  const reason = evaluate('new RangeError("enough")');
  for (const copy of [ours, own]) {
    const service = copy.createTwentyCrmSyncService({
      baseUrl: crm.sim.baseUrl,
      apiKey: crm.sim.apiKey,
    });
    const signal = AbortSignal.abort(reason);
    assert.equal(await rejection(service.upsertPerson(newPerson(), { signal })), reason);
    assert.equal(
      await rejection(Promise.resolve(service.syncPersons([newPerson()], { signal }))),
      reason,
    );
  }
});
