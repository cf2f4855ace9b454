// Cells of real files: a value that is not a single clean one is read correctly, or left out with a warning. Alone and
// in bulk.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newCompany, newPerson, rejection, useSim } from './helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });
const options = { defaultCountry: 'DE' };

/**
 * The stored row and the warnings, for a record written alone and for one written in bulk.
 *
 * @param {'Person' | 'Company'} kind
 * @param {Record<string, unknown>} fields
 * @param {object} [more]
 */
async function written(kind, fields, more = {}) {
  const make = kind === 'Person' ? newPerson : newCompany;
  /** @type {import('../index.js').SyncWarning[]} */
  const single = [];
  const service = crm.service({
    ...options,
    ...more,
    onWarning: (/** @type {any} */ warning) => single.push(warning),
  });
  const { data } = await service[`upsert${kind}`](make(fields));
  const plural = kind === 'Person' ? 'syncPersons' : 'syncCompanies';
  /** @type {any} */
  let result;
  for await (const one of crm.service({ ...options, ...more })[plural]([make(fields)]))
    result = one;
  return [
    { data, warnings: single },
    { data: result.data, warnings: result.warnings ?? [] },
  ];
}

test('a phone number is written as it was meant, or left out with the reason', async () => {
  /** @type {[string, string | null, [string, RegExp][]][]} */
  const cases = [
    ['9876543210.0', '+499876543210', []],
    ['https://wa.me/447911123456', '+447911123456', []],
    ['4915123456789', '+4915123456789', []],
    ['030\u202f23125042', '+493023125042', []],
    ['030 / 23125042', '+493023125042', []],
    ['030 23125042 DW 12', '+493023125042', [['phone_extension', /extension 12/]]],
    ['030 23125042\n0171 1234567', '+493023125042', [['first_of_several', /several values/]]],
    ['030 23125042 ::: 0171 1234567', '+493023125042', [['first_of_several', /several values/]]],
    ['4.91512345678E11', null, [['invalid_phone', /exponent/]]],
    ['2024-01-31', null, [['invalid_phone', /a date/]]],
    ['+49 30 123456 / 654321', null, [['invalid_phone', /two numbers/]]],
    ['+49 30 123456 od. 654321', null, [['invalid_phone', /two numbers/]]],
    ['+33 6 12 34 56 78 90', null, [['invalid_phone', /too many digits/]]],
    ['112', null, [['invalid_phone', /not a phone number/]]],
    ['\u20ac 1200', null, [['invalid_phone', /not a phone number/]]],
    ['192.168.10.25', null, [['invalid_phone', /not a phone number/]]],
  ];
  for (const [phone, expected, warned] of cases) {
    for (const { data, warnings } of await written('Person', { phone })) {
      assert.equal(data.phone, expected, phone);
      assert.equal(warnings.length, warned.length, phone);
      for (const [at, [reason, message]] of warned.entries()) {
        assert.equal(warnings[at]?.reason, reason, phone);
        assert.match(warnings[at]?.message ?? '', message);
      }
    }
  }
});

test('of several websites the first is written; several domains are left out', async () => {
  for (const divider of ['\n', '\r\n', '\t', ';', ' | ', ' ::: ', ', ']) {
    const website = `a.example${divider}b.example`;
    for (const { data, warnings } of await written('Person', { website })) {
      assert.equal(data.website, 'https://a.example', JSON.stringify(website));
      assert.deepEqual(
        warnings.map(({ reason }) => reason),
        ['first_of_several'],
      );
    }
    for (const { data, warnings } of await written('Company', { domain_name: website })) {
      assert.equal(data.domain_name, null, JSON.stringify(website));
      assert.deepEqual(
        warnings.map(({ reason }) => reason),
        ['invalid_domain'],
      );
      assert.match(warnings[0]?.message ?? '', /several domains/);
    }
  }
});

test('a bare number is not a website', async () => {
  for (const website of ['12345', '1.5', 'https://2130706433']) {
    for (const { data, warnings } of await written('Person', { website })) {
      assert.equal(data.website, null, website);
      assert.deepEqual(
        warnings.map(({ reason }) => reason),
        ['invalid_url'],
      );
    }
  }
});

test('a text keeps its line breaks; an option with a line break is not an option', async () => {
  const fields = { job_title: 'Founder\nChair', account_type: 'business\nenterprise' };
  for (const { data, warnings } of await written('Person', fields)) {
    assert.equal(data.job_title, 'Founder\nChair');
    assert.ok(data.account_type === null || warnings.length === 0);
  }
});

test('an address is stored in composed form (NFC), and recognised in either form', async () => {
  const apart = 'Jane\u0301@bu\u0308cher.example';
  const composed = 'jan\u00e9@b\u00fccher.example';
  const [single] = await written('Person', { email: apart });
  assert.equal(single?.data.email, composed);
  const both = [newPerson({ email: apart }), newPerson({ email: composed })];
  /** @type {any[]} */
  const results = [];
  for await (const one of crm.service().syncPersons(both)) results.push(one);
  assert.ok(
    results.some(({ warnings }) =>
      warnings?.some((/** @type {any} */ { reason }) => reason === 'value_taken'),
    ),
  );
});

test('an invisible character in an address is reported, and trimmed at its ends', async () => {
  const error = await rejection(
    crm.service().upsertPerson(newPerson({ email: 'jane\u200b@x.example' })),
  );
  assert.equal(error.code, 'VALIDATION_ERROR');
  assert.match(error.message, /ZERO WIDTH SPACE \(U\+200B\), after "jane"/);
  const two = await rejection(
    crm.service().upsertPerson(newPerson({ email: 'jane@x.example\njoe@x.example' })),
  );
  assert.match(two.message, /several addresses/);
  const left = await written(
    'Person',
    { email: 'jane\u200b@x.example' },
    { invalidEmail: 'leave_out' },
  );
  for (const { warnings } of left) {
    assert.deepEqual(
      warnings.map(({ reason }) => reason),
      ['invalid_email'],
    );
    assert.match(warnings[0]?.message ?? '', /U\+200B/);
  }
  const person = newPerson({ email: '\ufeffann.invisible@x.example\u200b' });
  assert.equal((await crm.service().upsertPerson(person)).data.email, 'ann.invisible@x.example');
});
