// Exports of other programs. The headers are real; all people in the samples are invented.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { useSim } from '../helpers/crm.mjs';
import { envOf, file, fresh, run, runJson } from './cli.mjs';

const require = createRequire(import.meta.url);
const { NAMES, findPreset, presetOf } = require('../../lib/cli/presets/index.js');
const { FIELDS, targetOf } = require('../../lib/cli/fields.js');

const crm = useSim({ preset: 'provisioned' });

/** A CSV of objects, with the columns of a header. @param {string} header @param {Record<string, string>[]} rows */
function csv(header, rows) {
  const names = header.split(',');
  const lines = rows.map((row) => {
    for (const name of Object.keys(row)) assert.ok(names.includes(name), name);
    return names.map((name) => `"${(row[name] ?? '').replaceAll('"', '""')}"`).join(',');
  });
  return `${header}\r\n${lines.join('\r\n')}\r\n`;
}

const HEADERS = {
  google:
    'First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - City,Website 1 - Label,Website 1 - Value',
  oldGoogle:
    'Name,Given Name,Additional Name,Family Name,Yomi Name,Given Name Yomi,Notes,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Type,Organization 1 - Name,Organization 1 - Title',
  outlook:
    'First Name,Middle Name,Last Name,Title,Suffix,Nickname,Given Yomi,Surname Yomi,E-mail Address,E-mail 2 Address,E-mail 3 Address,Home Phone,Home Phone 2,Business Phone,Business Phone 2,Mobile Phone,Car Phone,Other Phone,Primary Phone,Pager,Business Fax,Home Fax,Other Fax,Company Main Phone,Callback,Radio Phone,Telex,TTY/TDD Phone,IMAddress,Job Title,Department,Company,Office Location,Business City,Home City,Web Page,Birthday,Anniversary,Notes',
  outlookDe:
    'Anrede,Vorname,Weitere Vornamen,Nachname,Suffix,Firma,Abteilung,Position,Ort geschäftlich,Fax geschäftlich,Telefon geschäftlich,Telefon Firma,Telefon privat,Mobiltelefon,E-Mail-Adresse,E-Mail-Typ,E-Mail: Angezeigter Name,E-Mail 2: Adresse,Notizen,Webseite',
  outlookFr:
    'Titre,Prénom,Deuxième prénom,Nom,Suffixe,Société,Service,Titre,Ville (bureau),Téléphone (bureau),Tél. mobile,Adresse de messagerie,Adresse de messagerie 2,Page Web',
  linkedin: 'First Name,Last Name,URL,Email Address,Company,Position,Connected On',
  hubspot:
    'Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Contact owner,Primary Associated Company ID,Associated Company,Job Title,City,Website URL,Lifecycle Stage,Marketing contact status',
  hubspotCompanies:
    'Record ID,Company name,Company owner,Create Date,Phone Number,City,Company Domain Name,Website URL,Industry',
  salesforce:
    'Id,IsDeleted,MasterRecordId,AccountId,LastName,FirstName,Salutation,MailingCity,Phone,Fax,MobilePhone,HomePhone,Email,Title,Department,OwnerId,SystemModstamp',
  salesforceReport:
    'Salutation,First Name,Last Name,Title,Mailing City,Phone,Mobile,Email,Account Owner,Account Name,Account ID,Contact ID',
  salesforceAccounts:
    'Id,IsDeleted,MasterRecordId,Name,Type,BillingCity,Phone,Website,SystemModstamp',
};

/** @type {Record<string, string>} */
const PRESET_OF = {
  google: 'google',
  oldGoogle: 'google',
  outlook: 'outlook',
  outlookDe: 'outlook',
  outlookFr: 'outlook',
  linkedin: 'linkedin',
  hubspot: 'hubspot',
  salesforce: 'salesforce',
  salesforceReport: 'salesforce',
};

/**
 * @param {string} text
 * @param {string[]} args
 * @param {'people' | 'companies'} [what]
 */
async function sync(text, args, what = 'people') {
  const ran = await runJson(['sync', what, file('export.csv', text), ...args], {
    env: envOf(crm.sim),
  });
  const rows = await crm.sim.records(what);
  return { ...ran, ...ran.json, rows: new Map(rows.map((row) => [row.externalId, row])) };
}

/** @param {any} row */
const brief = (row) => ({
  name: [row.name.firstName, row.name.lastName],
  email: row.emails.primaryEmail,
  phone: row.phones && `${row.phones.primaryPhoneCallingCode}${row.phones.primaryPhoneNumber}`,
  job: row.jobTitle,
  city: row.city,
});

describe('tables', () => {
  test('every preset uses only our fields, and recognises its own header and no other', () => {
    for (const name of NAMES) {
      const preset = presetOf(name);
      assert.equal(preset.name, name);
      for (const entity of /** @type {const} */ (['person', 'company'])) {
        for (const field of Object.keys(preset[entity] ?? {})) {
          assert.ok(FIELDS[entity].includes(field) || targetOf(entity, field) === field, field);
        }
      }
    }
    for (const [key, header] of Object.entries(HEADERS)) {
      const isPeople = PRESET_OF[key] !== undefined;
      const found = findPreset(isPeople ? 'person' : 'company', header.split(','));
      assert.ok(key.startsWith(found?.name ?? '?') || found?.name === PRESET_OF[key], key);
    }
    assert.equal(findPreset('person', ['external_id', 'name', 'email', 'phone']), undefined);
    assert.equal(findPreset('person', ['First Name', 'Last Name', 'Email', 'Company']), undefined);
  });
});

describe('google', () => {
  const rows = [
    {
      'First Name': 'Anna Maria',
      'Last Name': 'Okafor',
      'Organization Name': 'Acme Ltd',
      'Organization Title': 'Head of Design',
      Notes: 'met in Bonn',
      'E-mail 1 - Label': '* Work',
      'E-mail 1 - Value': 'Anna@Example.com ::: anna.two@example.com',
      'E-mail 2 - Value': 'anna@home.example',
      'Phone 1 - Value': '+44 7700 900123',
      'Phone 2 - Value': '+44 20 7946 0100',
      'Address 1 - City': 'Leeds',
    },
    { 'First Name': 'Priya', 'Last Name': 'Raman', 'E-mail 1 - Value': 'priya@example.com' },
  ];

  test('the first value is written, further ones give one warning, other columns are listed', async () => {
    const {
      exitCode,
      result,
      rows: written,
    } = await sync(csv(HEADERS.google, rows), ['--preset', 'google', '--id-from', 'email']);
    assert.equal(exitCode, 0);
    assert.deepEqual(brief(written.get('anna@example.com')), {
      name: ['Anna Maria', 'Okafor'],
      email: 'anna@example.com',
      phone: '+447700900123',
      job: 'Head of Design',
      city: 'Leeds',
    });
    assert.ok(written.has('priya@example.com'));
    const further = result.warningReasons.filter(({ reason }) => reason === 'further_values');
    assert.equal(further.length, 1);
    assert.equal(further[0].count, 1);
    for (const column of ['E-mail 1 - Value', 'E-mail 2 - Value', 'Phone 2 - Value']) {
      assert.ok(further[0].example.message.includes(`"${column}" (1 row)`), column);
    }
    assert.ok(!result.warningReasons.some(({ reason }) => reason === 'several_numbers'));
    assert.equal(result.preset.name, 'google');
    const counts = new Map(result.preset.leftOut.map(({ column, count }) => [column, count]));
    assert.deepEqual([counts.get('Notes'), counts.get('Birthday')], [1, 0]);
    assert.ok(!counts.has('E-mail 2 - Value'));
  });

  test('the older format: the whole name if there are no parts', async () => {
    const text = csv(HEADERS.oldGoogle, [
      {
        Name: 'Sam van Dyk',
        'Given Name': 'Sam',
        'Family Name': 'van Dyk',
        'E-mail 1 - Value': 'sam@example.com',
        'Organization 1 - Title': 'CTO',
      },
      { Name: 'Desk', 'E-mail 1 - Value': 'desk@example.com' },
    ]);
    const {
      exitCode,
      result,
      rows: written,
    } = await sync(text, [...['--preset', 'google', '--id-from', 'email']]);
    assert.equal(exitCode, 0);
    assert.deepEqual(brief(written.get('sam@example.com')).name, ['Sam', 'van Dyk']);
    assert.equal(written.get('desk@example.com').name.firstName, 'Desk');
    assert.ok(!result.warningReasons.some(({ reason }) => reason === 'further_values'));
  });

  test('no ids are invented: it asks for them; an id column of the user and --map are used', async () => {
    const text = csv(HEADERS.google, rows);
    const asked = await run(['sync', 'people', file('g.csv', text), '--preset', 'google'], {
      env: envOf(crm.sim),
    });
    assert.equal(asked.code, 5);
    assert.match(
      asked.stderr,
      /has no ids[\s\S]*--map "COLUMN=external_id".*--id-from email.*--id-from url/,
    );
    const mapped = await sync(text, [
      '--preset',
      'google',
      '--map',
      'E-mail 2 - Value=external_id',
    ]);
    assert.ok(mapped.rows.has('anna@home.example'));
    const own = text
      .replaceAll('\r\n', ',\r\n')
      .replace(/,\r\n/, ',external_id\r\n')
      .replaceAll(/,\r\n"/g, ',\r\n"');
    const lines = own
      .split('\r\n')
      .map((line, n) => (n > 0 && line !== '' ? `${line}id_${n}` : line));
    const added = await sync(lines.join('\r\n'), ['--preset', 'google']);
    assert.equal(added.exitCode, 0, added.stderr);
    assert.ok(added.rows.has('id_1') && added.rows.has('id_2'));
  });

  test('the preset is suggested, and the text output says the same as the JSON', async () => {
    const input = file('contacts.csv', csv(HEADERS.google, rows));
    const env = envOf(crm.sim);
    for (const args of [[], ['--ignore-unknown']]) {
      const offered = await run(['sync', 'people', input, ...args], { env });
      assert.equal(offered.code, 5);
      assert.match(offered.stderr, /looks like an export of Google Contacts: --preset google/);
    }
    const ran = await run(['sync', 'people', input, '--preset', 'google', '--id-from', 'email'], {
      env,
    });
    const text = ran.stdout.replaceAll(/\s+/g, ' ');
    assert.match(text, /further_values.*"E-mail 2 - Value" \(1 row\)/);
    assert.match(text, /Columns without a field in Twenty.*Notes \(1 row\).*blank: .*Birthday/);
  });
});

describe('outlook', () => {
  test('in English: the preferred number is used, and a mailbox’s name only without an address', async () => {
    const text = csv(HEADERS.outlook, [
      {
        'First Name': 'Jeroen',
        'Last Name': "van 't Hooft",
        Title: 'Dr.',
        'E-mail Address': '/o=ExchangeLabs/ou=Exchange/cn=Recipients/cn=jeroen',
        'E-mail 2 Address': 'jeroen@example.com',
        'Home Phone': '+31 20 794 6010',
        'Mobile Phone': '+31 6 12345678',
        'Company Main Phone': '+31 20 794 6000',
        'Job Title': 'Engineer',
        Company: 'Acme',
        'Home City': 'Delft',
        'Web Page': 'https://jeroen.example',
      },
    ]);
    // Outlook leaves out blank cells at the end of a row.
    const short = text.replaceAll(/(,"")+\r\n$/g, '\r\n');
    const { exitCode, result, rows } = await sync(short, [
      ...['--preset', 'outlook', '--id-from', 'email'],
    ]);
    assert.equal(exitCode, 0);
    const row = rows.get('jeroen@example.com');
    assert.deepEqual(brief(row), {
      name: ['Jeroen', "van 't Hooft"],
      email: 'jeroen@example.com',
      phone: '+31612345678',
      job: 'Engineer',
      city: 'Delft',
    });
    const [{ example }] = result.warningReasons;
    assert.match(example.message, /"E-mail Address" \(1 row\), "Home Phone" \(1 row\)/);
    assert.ok(result.preset.leftOut.some(({ column }) => column === 'Company Main Phone'));
  });

  test('in German and in French, where two columns are named Titre', async () => {
    const german = csv(HEADERS.outlookDe, [
      {
        Anrede: 'Frau',
        Vorname: 'Änne',
        Nachname: 'Müller',
        Position: 'Leiterin',
        'Telefon geschäftlich': '+49 30 23125042',
        'E-Mail-Adresse': 'aenne@example.com',
        'Ort geschäftlich': 'Köln',
      },
    ]);
    const args = ['--preset', 'outlook', '--id-from', 'email'];
    const { rows } = await sync(german, args);
    assert.deepEqual(brief(rows.get('aenne@example.com')), {
      name: ['Änne', 'Müller'],
      email: 'aenne@example.com',
      phone: '+493023125042',
      job: 'Leiterin',
      city: 'Köln',
    });
    const french = `${HEADERS.outlookFr}\r\nMme,Zoé,,Petit,,Acme,,PDG,Lyon,+33 4 78 00 00 00,,zoe@example.com\r\n`;
    const second = await sync(french, args);
    assert.deepEqual(brief(second.rows.get('zoe@example.com')).job, 'PDG');
    assert.ok(
      second.result.preset.leftOut.some(({ column, count }) => column === 'Titre' && count === 1),
    );
  });
});

describe('linkedin', () => {
  const notes =
    'Notes:\r\n"When exporting your connection data, you may notice that some of the email addresses are missing."\r\n\r\n';
  const connections = csv(HEADERS.linkedin, [
    {
      'First Name': 'Jane',
      'Last Name': 'Doe',
      URL: 'https://www.linkedin.com/in/Jane-Doe/',
      'Email Address': 'jane@example.com',
      Company: 'Acme, Inc.',
      Position: 'Engineering Manager, Payments',
      'Connected On': '12 Mar 2024',
    },
    {
      'First Name': 'Arjun',
      'Last Name': 'Mehta',
      URL: 'https://www.linkedin.com/in/arjun-mehta',
      'Connected On': '03 Jan 2023',
    },
  ]);

  test('the lines above its header are skipped, and ids are made from the profile’s link', async () => {
    const ran = await sync(notes + connections, ['--preset', 'linkedin', '--id-from', 'url']);
    const row = ran.rows.get('https://www.linkedin.com/in/jane-doe');
    assert.deepEqual(brief(row).name, ['Jane', 'Doe']);
    assert.equal(row.jobTitle, 'Engineering Manager, Payments');
    assert.equal(ran.result.refusals[0].example.line, 6, 'the file’s line');
    assert.deepEqual(ran.result.preset.leftOut, [{ column: 'Connected On', count: 2 }]);
    assert.match(ran.stderr, /1 person has no e-mail address: --missing-email allow/);
    const allowed = ['--preset', 'linkedin', '--id-from', 'url', '--missing-email', 'allow'];
    const all = await sync(notes + connections, allowed);
    assert.equal(all.exitCode, 0, all.stderr);
    assert.ok(all.rows.has('https://www.linkedin.com/in/arjun-mehta'));
    assert.doesNotMatch(all.stderr, /no e-mail address/);
  });

  test('without --preset, the preset and the number of lines to skip are suggested', async () => {
    const env = envOf(crm.sim);
    const ran = await run(['sync', 'people', file('Connections.csv', notes + connections)], {
      env,
    });
    assert.equal(ran.code, 5);
    assert.match(ran.stderr, /--skip-lines 3[\s\S]*--preset linkedin/);
    const again = await run(
      ['sync', 'people', file('Connections.csv', connections), '--skip-lines', '0'],
      { env },
    );
    assert.match(again.stderr, /--preset linkedin/);
  });

  test('ids from addresses: rows without an address get advice to use another source', async () => {
    const ran = await sync(connections, ['--preset', 'linkedin', '--id-from', 'email']);
    assert.deepEqual([ran.exitCode, ran.result.created, ran.result.refused], [1, 1, 1]);
    assert.match(ran.stderr, /--id-from url, or --map COLUMN=external_id/);
  });

  test('refused rows can be fed back in with the same preset', async () => {
    const rejects = fresh('rejects.csv');
    const args = ['--preset', 'linkedin', '--id-from', 'email'];
    await sync(notes + connections, [...args, '--rejects', rejects]);
    const mended = readFileSync(rejects, 'utf8').replace(
      'arjun-mehta,',
      'arjun-mehta,arjun@example.com',
    );
    const { exitCode, rows } = await sync(mended, args);
    assert.equal(exitCode, 0, mended);
    assert.ok(rows.has('arjun@example.com'));
  });
});

describe('hubspot and salesforce', () => {
  test('contacts and companies of HubSpot are linked by their ids', async () => {
    const companies = csv(HEADERS.hubspotCompanies, [
      {
        'Record ID': '77',
        'Company name': 'Acme',
        'Company Domain Name': 'acme.example',
        City: 'Bonn',
      },
    ]);
    const made = await sync(companies, ['--preset', 'hubspot'], 'companies');
    assert.equal(made.exitCode, 0, made.stderr);
    const [company] = made.rows.values();
    assert.deepEqual([company.externalId, company.name], ['77', 'Acme']);
    assert.ok(company.domainName.primaryLinkUrl.includes('acme.example'));

    const contacts = csv(HEADERS.hubspot, [
      {
        'Record ID': '901',
        'First Name': 'Gaëlle',
        'Last Name': 'Perrin',
        Email: 'g.perrin@example.com',
        'Mobile Phone Number': '+33 6 12 34 56 78',
        'Primary Associated Company ID': '77',
        'Associated Company': 'Acme',
        'Job Title': 'Buyer',
        'Contact owner': 'Me',
      },
    ]);
    const { exitCode, rows } = await sync(contacts, ['--preset', 'hubspot']);
    assert.equal(exitCode, 0);
    const row = rows.get('901');
    assert.deepEqual(brief(row).name, ['Gaëlle', 'Perrin']);
    assert.equal(brief(row).phone, '+33612345678');
    assert.equal(row.companyId, company.id);
  });

  test('from a list of companies, none is chosen', async () => {
    const header = 'Record ID,First Name,Last Name,Email,Associated Company IDs,Associated Company';
    const text = `${header}\n1,Ann,Lee,ann@example.com,77;78,Acme;Beta\n2,Bo,Ray,bo@example.com,77,Acme\n`;
    const { exitCode, result, rows } = await sync(text, ['--preset', 'hubspot']);
    assert.equal(exitCode, 0);
    assert.ok(!rows.get('1').companyId);
    assert.ok(rows.get('2').companyId);
    const { example } = result.warningReasons.find(({ reason }) => reason === 'further_values');
    assert.match(example.message, /"Associated Company IDs" \(1 row\).*no company is written/);
  });

  test('contacts and accounts of Salesforce, from the data export and from a report', async () => {
    const accounts = csv(HEADERS.salesforceAccounts, [
      { Id: '0015g00000XyZabAAF', Name: 'Acme', Type: 'Customer', Website: 'https://acme.example' },
    ]);
    const made = await sync(accounts, ['--preset', 'salesforce'], 'companies');
    const company = made.rows.get('0015g00000XyZabAAF');
    assert.equal(company.name, 'Acme');
    const contacts = csv(HEADERS.salesforce, [
      {
        Id: '0035g00000AbCdEAAV',
        AccountId: '0015g00000XyZabAAF',
        LastName: 'Lee',
        FirstName: 'Ann',
        Phone: '+1 415 555 2671',
        MobilePhone: '+1 415 555 2672',
        Email: 'ann@example.com',
        Title: 'CEO',
        MailingCity: 'Reno',
      },
    ]);
    const { rows, result } = await sync(contacts, ['--preset', 'salesforce']);
    const row = rows.get('0035g00000AbCdEAAV');
    assert.deepEqual([row.jobTitle, row.city, row.companyId], ['CEO', 'Reno', company.id]);
    assert.match(result.warningReasons[0].example.message, /"MobilePhone" \(1 row\)/);
    const report = csv(HEADERS.salesforceReport, [
      {
        'First Name': 'Bo',
        'Last Name': 'Ray',
        Mobile: '+1 415 555 2673',
        Email: 'bo@example.com',
        'Account Name': 'Acme',
        'Account ID': '0015g00000XyZabAAF',
        'Contact ID': '0035g00000AbCdF',
      },
    ]);
    const second = await sync(report, ['--preset', 'salesforce']);
    assert.equal(second.rows.get('0035g00000AbCdF').companyId, company.id);
  });
});

test('contradictory options are reported before anything is sent', async () => {
  const hubspot = file('h.csv', `${HEADERS.hubspot}\n`);
  const env = envOf(crm.sim);
  for (const [args, code, said] of /** @type {const} */ ([
    [['companies', hubspot, '--preset', 'google'], 2, /works only for people/],
    [['people', hubspot, '--preset', 'pipedrive'], 2, /Allowed choices are google, outlook/],
    [['people', file('p.ndjson', '{}\n'), '--preset', 'google'], 2, /--preset works only with CSV/],
    [['people', hubspot, '--preset', 'salesforce'], 5, /No column fills external_id/],
    [
      ['people', file('x.csv', 'a,b\n1,2\n'), '--preset', 'google'],
      5,
      /None of the columns belongs to/,
    ],
  ])) {
    const ran = await run(['sync', ...args], { env });
    assert.equal(ran.code, code, ran.stderr);
    assert.match(ran.stderr, said);
  }
  assert.equal((await crm.sim.stats()).total, 0);
});

test('records that Salesforce has deleted are refused, unless requested', async () => {
  const rows = [
    { Id: '003A', IsDeleted: 'false', LastName: 'Okafor', Email: 'dora@example.com' },
    { Id: '003B', IsDeleted: 'true', LastName: 'Gone', Email: 'gone@example.com' },
  ];
  const text = csv(HEADERS.salesforce, rows);
  const { result, rows: written } = await sync(text, ['--preset', 'salesforce']);
  assert.deepEqual([result.created, result.refused], [1, 1]);
  assert.equal(result.refusals[0].code, 'DELETED');
  assert.ok(written.has('003A') && !written.has('003B'));
  const all = await sync(text, ['--preset', 'salesforce', '--ignore', 'IsDeleted']);
  assert.ok(all.rows.has('003B'));
});

test('with the wrong preset, the right one is suggested, and only missing columns are reported', async () => {
  const text = csv(HEADERS.outlook, [{ 'First Name': 'Ann', 'E-mail Address': 'a@example.com' }]);
  const { json } = await sync(text, ['--preset', 'google', '--id-from', 'email']);
  assert.match(json.error.hint, /--preset outlook/);
  assert.ok(!json.error.hint.includes('has no ids'), json.error.hint);
});
