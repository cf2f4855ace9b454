// Ids that a database stores as numbers: every method refuses them before any request, and says what to pass.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createTwentyCrmOutbox,
  createTwentyCrmSyncService,
  ensureExternalId,
  mapClientProfileToPerson,
  mapCompanyToTwentyCompany,
  sqliteOutbox,
} from '../index.mjs';
import { newCompany, newPerson, rejection, useSim } from './helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

/** @type {any[]} */
const IDS = [7, 0, -1, 1.5, 1e21, 2 ** 60, 7n, 12345678901234567890n];

/** @param {any} error @param {string} field @param {any} id */
function assertNamed(error, field, id) {
  const kind = typeof id === 'bigint' ? 'a bigint' : 'a number';
  assert.equal(error.code, 'VALIDATION_ERROR', `${error}`);
  assert.equal(error.details.field, field);
  assert.equal(error.message, `${field} must be a string, got ${kind}: pass String(id)`);
}

test('every call that takes an id or a record suggests String(id)', async () => {
  const service = crm.service();
  const platform = createTwentyCrmSyncService(
    { baseUrl: '', apiKey: '' },
    { mode: 'platform', publish: () => assert.fail('nothing is published') },
  );
  const store = sqliteOutbox(':memory:');
  const outbox = createTwentyCrmOutbox({ store, service });
  const earlier = (await crm.sim.stats()).total;
  for (const id of IDS) {
    const one = newPerson({ external_id: id });
    const linked = newPerson({ company_external_id: id });
    const company = newCompany({ external_id: id });
    /** @type {[string, () => Promise<any>][]} */
    const calls = [
      ['external_id', () => service.upsertPerson(one)],
      ['company_external_id', () => service.upsertPerson(linked)],
      ['external_id', () => service.upsertCompany(company)],
      ['external_id', () => service.findPerson(id)],
      ['external_id', () => service.findCompany(id)],
      ['external_id', () => service.deletePerson(id)],
      ['external_id', () => service.deleteCompany(id, { mode: 'destroy' })],
      ['external_id', () => platform.upsertPerson(one)],
      ['company_external_id', () => platform.upsertPerson(linked)],
      ['external_id', () => platform.deleteCompany(id)],
      ['external_id', () => outbox.enqueuePerson(one)],
      ['company_external_id', () => outbox.enqueuePerson(linked)],
      ['external_id', () => outbox.enqueueCompany(company)],
    ];
    for (const [field, call] of calls) {
      assertNamed(await rejection(call()), field, id);
    }
    for (const each of [service, platform]) {
      const results = [];
      for await (const result of each.syncPersons([one, linked])) results.push(result);
      for await (const result of each.syncCompanies([company])) results.push(result);
      const fields = ['external_id', 'company_external_id', 'external_id'];
      for (const [at, { error }] of results.entries()) assertNamed(error, fields[at], id);
    }
  }
  assert.equal((await crm.sim.stats()).total, earlier, 'nothing is sent');
  await outbox.stop();
});

test('so do the mappers', () => {
  const profile = { name: 'Ann', email: 'ann@example.com' };
  for (const id of IDS) {
    /** @type {[string, () => unknown][]} */
    const calls = [
      ['id', () => mapClientProfileToPerson(/** @type {any} */ ({ ...profile, id }))],
      [
        'externalId',
        () => mapClientProfileToPerson(/** @type {any} */ (profile), { externalId: id }),
      ],
      [
        'companyExternalId',
        () =>
          mapClientProfileToPerson(/** @type {any} */ ({ ...profile, id: 'a' }), {
            companyExternalId: id,
          }),
      ],
      ['id', () => mapCompanyToTwentyCompany(/** @type {any} */ ({ id, name: 'Acme' }))],
    ];
    for (const [field, call] of calls) {
      assert.throws(call, (/** @type {any} */ error) => {
        assert.equal(error.details.field, field);
        assert.match(
          error.message,
          new RegExp(`must be a string, got .*: pass String\\(${field}\\)$`),
        );
        return true;
      });
    }
    assert.throws(
      () => ensureExternalId(id, 'Company'),
      /Company ID must be a string.*String\(id\)/,
    );
  }
});
