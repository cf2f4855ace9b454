// Files that come from Twenty: names in parts, and phones, e-mails and links in its nested forms.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { useSim } from '../helpers/crm.mjs';
import { envOf, run, runJson } from './cli.mjs';

const crm = useSim({ preset: 'provisioned' });
const folder = mkdtempSync(path.join(os.tmpdir(), 'twenty-nested-'));
after(() => rmSync(folder, { recursive: true }));

/** @param {string} name @param {string | object[]} content */
function file(name, content) {
  const whole = path.join(folder, name);
  const text = Array.isArray(content)
    ? content.map((one) => JSON.stringify(one)).join('\n')
    : content;
  writeFileSync(whole, `${text}\n`);
  return whole;
}

/** @param {string} plural */
async function rowsById(plural) {
  return new Map((await crm.sim.records(plural)).map((row) => [row.externalId, row]));
}

/** @param {any} row */
const nameOf = ({ name }) => [name.firstName ?? '', name.lastName ?? ''];
/** @param {any} row */
const phoneOf = ({ phones = {} }) => [
  phones.primaryPhoneCallingCode ?? '',
  phones.primaryPhoneNumber ?? '',
  phones.primaryPhoneCountryCode ?? '',
];
/** @param {any} json */
const warned = ({ result }) =>
  result.warningReasons.map(({ field, reason }) => `${field}/${reason}`);

const names = [
  ['1', 'Md', 'Rahman'],
  ['2', 'Anna Maria', ''],
  ['3', '', 'Doe'],
  ['4', 'Pe', 'Win'],
  ['5', 'Mary Ann', 'van der Berg'],
];

describe('names in parts', () => {
  test('CSV columns and nested NDJSON are stored in those parts', async () => {
    const env = envOf(crm.sim);
    const rows = names.map(([id, first, last]) => `${id},${first},${last},p${id}@example.com`);
    const csv = file(
      'n.csv',
      ['external_id,name.firstName,name.lastName,email', ...rows].join('\n'),
    );
    const ran = await runJson(['sync', 'people', csv], { env });
    assert.deepEqual([ran.code, ran.json.result.created], [0, 5], ran.stderr);
    const objects = names.map(([id, firstName, lastName]) => ({
      external_id: `n${id}`,
      name: { firstName, lastName },
      emails: { primaryEmail: `n${id}@example.com` },
    }));
    const again = await runJson(['sync', 'people', file('n.ndjson', objects)], { env });
    assert.deepEqual([again.code, again.json.result.created], [0, 5], again.stderr);
    const stored = await rowsById('people');
    for (const [id, first, last] of names) {
      assert.deepEqual(nameOf(stored.get(id)), [first, last]);
      assert.deepEqual(nameOf(stored.get(`n${id}`)), [first, last]);
    }
  });

  test('refused records keep the parts for the next attempt', async () => {
    const env = envOf(crm.sim);
    const header = 'external_id,name.firstName,name.lastName,email\n';
    const input = file('r.csv', `${header}1,Pe,Win,nobody\n2,,,two@example.com`);
    const rejects = path.join(folder, 'rejects.csv');
    const ran = await runJson(['sync', 'people', input, '--rejects', rejects], { env });
    assert.deepEqual([ran.code, ran.json.result.refused], [1, 2], ran.stderr);
    writeFileSync(rejects, readFileSync(rejects, 'utf8').replaceAll('nobody', 'pe@example.com'));
    await runJson(['sync', 'people', rejects], { env });
    assert.deepEqual(nameOf((await rowsById('people')).get('1')), ['Pe', 'Win']);
  });
});

const phones = {
  primaryPhoneNumber: '4155552671',
  primaryPhoneCallingCode: '+1',
  primaryPhoneCountryCode: 'US',
};

describe("Twenty's nested forms", () => {
  test('calling code and country decide how a number is read', async () => {
    const env = envOf(crm.sim);
    const person = (id, more) => ({
      external_id: id,
      name: 'Jane Smith',
      emails: { primaryEmail: `${id}@example.com` },
      ...more,
    });
    const input = file('p.ndjson', [
      person('1', { phones }),
      person('2', { phones: { ...phones, primaryPhoneCountryCode: '' } }),
      person('3', { phones: { ...phones, primaryPhoneCallingCode: 'DE' } }),
      person('4', { phones: { ...phones, primaryPhoneCountryCode: 'DE' } }),
      person('5', { phones: { primaryPhoneNumber: '030 23125042' } }),
      person('6', { phones: null }),
      person('7', { phones: { primaryPhoneNumber: '', primaryPhoneCallingCode: '+49' } }),
      person('8', { phones: { ...phones, additionalPhones: [] }, deletedAt: null, position: 1 }),
    ]);
    const options = ['--ignore-unknown', '--default-country', 'DE'];
    const ran = await runJson(['sync', 'people', input, ...options], { env });
    assert.deepEqual([ran.code, ran.json.result.created], [0, 8], ran.stderr);
    assert.deepEqual(warned(ran.json), ['phone/phone_conflict']);
    assert.equal(ran.json.result.warningReasons[0].count, 2);
    const rows = await rowsById('people');
    for (const id of ['1', '2', '8'])
      assert.deepEqual(phoneOf(rows.get(id)), ['+1', '4155552671', 'US']);
    assert.deepEqual(phoneOf(rows.get('5')), ['+49', '3023125042', 'DE']);
    for (const id of ['3', '4', '6', '7']) assert.equal(phoneOf(rows.get(id))[1], '', id);
  });

  test("columns named as in the API or in Twenty's exports", async () => {
    const env = envOf(crm.sim);
    const parts = [
      '1',
      'Pe',
      'Win',
      'pe@example.com',
      '4155552671',
      '+1',
      'US',
      '[]',
      'pe.example',
    ];
    for (const [n, header] of [
      'external_id,name.firstName,name.lastName,emails.primaryEmail,phones.primaryPhoneNumber,phones.primaryPhoneCallingCode,phones.primaryPhoneCountryCode,phones.additionalPhones,website.primaryLinkUrl',
      'External ID,Name / First Name,Name / Last Name,Emails / Primary Email,Phones / Primary Phone Number,Phones / Primary Phone Calling Code,Phones / Primary Phone Country Code,Phones / Additional Phones,Website / Link URL',
      'External ID,Name FirstName,Name LastName,Emails PrimaryEmail,Phones PrimaryPhoneNumber,Phones PrimaryPhoneCallingCode,Phones PrimaryPhoneCountryCode,Phones AdditionalPhones,Website PrimaryLinkUrl',
    ].entries()) {
      const [, ...others] = parts;
      const cells = [`c${n}`, ...others];
      cells[3] = `c${n}@example.com`;
      const input = file('x.csv', `${header}\n${cells.join(',')}`);
      const ran = await runJson(['sync', 'people', input, '--default-country', 'DE'], { env });
      assert.deepEqual([ran.code, warned(ran.json)], [0, []], ran.stderr);
      const row = (await rowsById('people')).get(`c${n}`);
      assert.deepEqual(phoneOf(row), ['+1', '4155552671', 'US']);
      assert.deepEqual(nameOf(row), ['Pe', 'Win']);
      assert.equal(row.website.primaryLinkUrl, 'https://pe.example');
    }
    const company = file(
      'company.csv',
      'External ID,Name,Domain Name / Link URL,Domain Name / Link Label,Domain Name / Secondary Links\nc1,Acme,acme.com,,[]',
    );
    const ran = await runJson(['sync', 'companies', company], { env });
    assert.deepEqual([ran.code, warned(ran.json)], [0, []], ran.stderr);
    assert.match((await rowsById('companies')).get('c1').domainName.primaryLinkUrl, /acme\.com/);
  });

  test('values without a place are not sent, and are reported', async () => {
    const env = envOf(crm.sim);
    const more = [{ number: '123', callingCode: '+1' }];
    const links = { primaryLinkUrl: 'a.example', primaryLinkLabel: 'Home', secondaryLinks: [{}] };
    const people = file('m.ndjson', [
      {
        external_id: '1',
        name: 'Jane Smith',
        emails: { primaryEmail: 'one@example.com', additionalEmails: ['two@example.com'] },
        phones: { ...phones, additionalPhones: more },
        website: links,
      },
    ]);
    const ran = await runJson(['sync', 'people', people], { env });
    assert.equal(ran.code, 0, ran.stderr);
    assert.deepEqual(warned(ran.json).sort(), [
      'email/no_place',
      'phone/no_place',
      'website/no_place',
    ]);
    const text = ran.json.result.warningReasons.map(({ example }) => example.message).join('\n');
    for (const part of [
      'additionalEmails',
      'additionalPhones',
      'primaryLinkLabel and secondaryLinks',
    ]) {
      assert.ok(text.includes(part), text);
    }
    const row = (await rowsById('people')).get('1');
    assert.deepEqual(phoneOf(row), ['+1', '4155552671', 'US']);
    assert.equal(row.emails.primaryEmail, 'one@example.com');

    const csv = file(
      'm.csv',
      'external_id,name,domainName.primaryLinkUrl,domainName.secondaryLinks\nc1,Acme,acme.com,"[{""url"":""b.example""}]"',
    );
    const companies = await runJson(['sync', 'companies', csv], { env });
    assert.deepEqual([companies.code, warned(companies.json)], [0, ['domain_name/no_place']]);

    const one = await run(
      [
        'upsert',
        'person',
        JSON.stringify({
          external_id: '2',
          name: 'A B',
          emails: { primaryEmail: 'b@example.com', additionalEmails: ['c@example.com'] },
        }),
      ],
      { env },
    );
    assert.equal(one.code, 0, one.stderr);
    assert.match(one.stderr, /email was written without additionalEmails/);
  });

  test('unreadable values are refused by name, and no calling code is suggested as a number', async () => {
    const env = envOf(crm.sim);
    const person = { external_id: '1', name: 'A B', email: 'a@example.com' };
    const bad = file('b.ndjson', [{ ...person, phones: { primaryPhoneCallingCode: 1 } }]);
    const ran = await runJson(['sync', 'people', bad], { env });
    assert.equal(ran.json.result.refusals[0].field, 'phone');
    for (const name of [
      'Calling Code',
      'phone calling code',
      'Country Code',
      'phoneCountryCode',
      'PhoneCallingCode',
    ]) {
      const csv = file('h.csv', `external_id,name,email,${name}\n1,A B,a@example.com,+1`);
      const refused = await run(['sync', 'people', csv], { env });
      assert.equal(refused.code, 5);
      assert.doesNotMatch(
        refused.stderr,
        /=phone"|is phone\b|=phone\.?primaryPhoneNumber|=phones\.primaryPhoneNumber/,
        name,
      );
    }
  });
});
