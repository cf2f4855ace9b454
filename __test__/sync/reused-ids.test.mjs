// External ids that stand for two records: a spreadsheet turns many numbers into `1.23457E+17`. Nothing is merged into
// one row.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rejection, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

const SPOILT = '1.23457E+17';

/** A person with this id. @param {string} name @param {string} [external_id] @param {object} [more] */
const person = (name, external_id = SPOILT, more) => ({
  external_id,
  name,
  email: `${name.toLowerCase().replaceAll(' ', '.')}@example.com`,
  ...more,
});

/** @param {number} count @param {string} from */
const people = (count, from) =>
  Array.from({ length: count }, (_, n) => person(`Some Body ${from}${n}`, `${from}-${n}`));

/** @param {AsyncIterable<any>} run @returns {Promise<any[]>} */
async function all(run) {
  const results = [];
  for await (const result of run) results.push(result);
  return results;
}

/**
 * An input whose second chunk arrives only after the first one was written, with settings for it.
 * @param {any[]} inputs @param {object} [more]
 */
function inTwoSteps(inputs, more) {
  let isWritten = () => {};
  const written = new Promise((resolve) => {
    isWritten = () => resolve(undefined);
  });
  async function* source() {
    for (const [at, input] of inputs.entries()) {
      if (at === 200) await written;
      yield input;
    }
  }
  return /** @type {const} */ ([source(), { maxConcurrency: 1, onProgress: isWritten, ...more }]);
}

/** @param {any} result */
const reasonOf = ({ status, error }) => error?.details?.reason ?? status;

test('two people under one id both fail, and so does any later one; the others are written', async () => {
  const service = crm.service();
  const inputs = [
    person('Ann Lee'),
    person('Someone Else', 'p-1'),
    person('Bob Ray'),
    person('Ann Lee'),
  ];
  const results = await all(service.syncPersons(inputs));
  assert.deepEqual(results.map(reasonOf), ['ID_REUSED', 'created', 'ID_REUSED', 'ID_REUSED']);
  const [{ error, externalId }] = results;
  assert.equal(externalId, SPOILT);
  assert.equal(error.code, 'VALIDATION_ERROR');
  assert.equal(error.isRetryable, false);
  assert.equal(error.details.field, 'external_id');
  assert.equal(error.details.externalId, SPOILT);
  assert.match(error.message, /"1\.23457E\+17" is used for two people .* None of them was written/);
  assert.doesNotMatch(error.message, /Ann|Bob|example\.com/, 'what they are called is not told');
  assert.deepEqual(
    (await crm.sim.records('people')).map((row) => row.externalId),
    ['p-1'],
  );
});

test('a changed name or a changed address is still the same person', async () => {
  const ann = person('Ann Lee', 'p-1');
  for (const later of [
    { ...ann, name: 'Ann Ray' },
    { ...ann, email: 'ann@new.example' },
    // Other spellings, both at once.
    { ...ann, name: '  lee,   ANN ', email: 'Ann.Lee@EXAMPLE.com', city: 'Bonn' },
  ]) {
    await crm.sim.reset();
    const results = await all(crm.service().syncPersons([ann, later]));
    assert.deepEqual(results.map(reasonOf), ['created', 'updated']);
    assert.equal((await crm.sim.records('people')).length, 1);
  }
  // Step by step in one run: from each to the next, one thing changes.
  await crm.sim.reset();
  const steps = [ann, { ...ann, name: 'Ann Ray' }, { ...person('Ann Ray', 'p-1') }];
  const results = await all(crm.service().syncPersons(steps));
  assert.deepEqual(results.map(reasonOf), ['created', 'updated', 'updated']);
});

test('an invalid address does not count as a different one', async () => {
  const service = crm.service({ invalidEmail: 'leave_out' });
  const results = await all(
    service.syncPersons([
      person('Ann Lee', 'p-1', { email: 'n/a' }),
      person('Ann Smith', 'p-1', { email: 'unknown' }),
      person('Ann Smith-Lee', 'p-1', { email: 'ann@example.com' }),
    ]),
  );
  assert.deepEqual(results.map(reasonOf), ['created', 'updated', 'updated']);
});

test('companies: a different name and a different domain', async () => {
  /** @param {string} name @param {string} [domain_name] */
  const company = (name, domain_name) => ({ external_id: '#N/A', name, domain_name });
  const service = crm.service();
  const spoilt = await all(
    service.syncCompanies([company('Acme', 'acme.example'), company('Bolt', 'bolt.example')]),
  );
  assert.deepEqual(spoilt.map(reasonOf), ['ID_REUSED', 'ID_REUSED']);
  assert.match(spoilt[0].error.message, /two companies .* in domain/);
  assert.equal((await crm.sim.records('companies')).length, 0);
  for (const later of [
    company('Acme Ltd', 'https://www.ACME.example/'),
    company('ACME', 'new.example'),
    company('Acme Ltd'),
    // A page on a shared host identifies nobody.
    company('Acme Ltd', 'facebook.com/acme'),
  ]) {
    await crm.sim.reset();
    const results = await all(
      crm.service().syncCompanies([company('Acme', 'acme.example'), later]),
    );
    assert.deepEqual(results.map(reasonOf), ['created', 'updated'], later.name);
  }
});

test('in batches in flight at the same time, both fail as well', async () => {
  const service = crm.service();
  const inputs = [person('Ann Lee'), ...people(400, 'a'), person('Bob Ray'), ...people(10, 'b')];
  // The answer to the first look-up takes longer than reading the next chunk.
  await crm.sim.setOptions({ latencyMs: 200 });
  const results = await all(service.syncPersons(inputs));
  await crm.sim.setOptions({ latencyMs: 0 });
  const failed = results.filter(({ status }) => status === 'failed');
  assert.deepEqual(failed.map(reasonOf), ['ID_REUSED', 'ID_REUSED']);
  for (const { error } of failed) assert.match(error.message, /None of them was written/);
  const rows = await crm.sim.records('people');
  assert.equal(rows.length, 410);
  assert.ok(!rows.some((row) => row.externalId === SPOILT));
});

test('a record written before the other one was read stays, and the other one fails', async () => {
  const service = crm.service();
  const inputs = [person('Ann Lee'), ...people(600, 'a'), person('Bob Ray'), person('Ann Lee')];
  /** @type {any[]} */
  const results = await all(service.syncPersons(...inTwoSteps(inputs)));
  const [first, ...rest] = results;
  assert.equal(first.status, 'created');
  const [bob, ann] = rest.slice(600);
  for (const { error } of [bob, ann]) {
    assert.equal(error.details.reason, 'ID_REUSED');
    assert.equal(error.details.crmId, first.id);
    assert.match(error.message, new RegExp(`row ${first.id} .* this one was not written`));
  }
  const row = (await crm.sim.records('people')).find(({ id }) => id === first.id);
  assert.equal(row.emails.primaryEmail, 'ann.lee@example.com');
});

test('later runs notice it again, although the first record is unchanged', async () => {
  const service = crm.service();
  const inputs = [person('Ann Lee'), ...people(200, 'a'), person('Bob Ray'), ...people(3, 'b')];
  assert.equal((await service.syncPersons(...inTwoSteps(inputs))).failed, 1);
  // Only counted, so that unchanged records are not parsed; then with results.
  for (const more of [{}, { force: true }, { verifyUnchanged: true }, { dryRun: true }]) {
    const summary = await service.syncPersons(...inTwoSteps(inputs, more));
    assert.equal(summary.failed, 1, JSON.stringify(more));
  }
  const results = await all(service.syncPersons(...inTwoSteps(inputs)));
  assert.deepEqual(results.filter(({ status }) => status !== 'unchanged').map(reasonOf), [
    'ID_REUSED',
  ]);
  // In the other order, the other one comes too late.
  const turned = [inputs[201], ...people(200, 'c'), inputs[0]];
  const late = await service.syncPersons(...inTwoSteps(turned));
  assert.equal(late.failed, 1);
});

test('a dry run, a counting run and upsertMany report the same', async () => {
  const inputs = [person('Ann Lee'), person('Bob Ray'), person('Cat Fox', 'p-1')];
  const dry = await all(crm.service().syncPersons(inputs, { dryRun: true }));
  assert.deepEqual(dry.map(reasonOf), ['ID_REUSED', 'ID_REUSED', 'created']);
  const { failed, created } = await crm.service().syncPersons(inputs);
  assert.deepEqual([failed, created], [2, 1]);
  const error = await rejection(crm.service().upsertManyPersons(inputs));
  assert.equal(error.details.reason, 'PARTIAL_FAILURE');
  assert.deepEqual(error.details.results.map(reasonOf), ['ID_REUSED', 'ID_REUSED', 'updated']);
});

test('separate calls and separate runs are not duplicates: a record changes over time', async () => {
  const service = crm.service();
  await service.upsertPerson(person('Ann Lee', 'p-1'));
  await service.upsertPerson(person('Bob Ray', 'p-1'));
  const first = await all(service.syncPersons([person('Cat Fox', 'p-1')]));
  const second = await all(service.syncPersons([person('Dan Elk', 'p-1')]));
  assert.deepEqual([...first, ...second].map(reasonOf), ['updated', 'updated']);
  const [row, ...none] = await crm.sim.records('people');
  assert.deepEqual([row.name.firstName, none.length], ['Dan', 0]);
});
