// sync: files into the CRM, refused records back in, summaries, exit codes.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { useSim } from '../helpers/crm.mjs';
import { closedPort } from '../helpers/servers.mjs';
import { envOf, file, fresh, ndjson, run, runJson } from './cli.mjs';
import { people, person } from './clients.mjs';

const crm = useSim({ preset: 'provisioned' });

/** @param {string} plural */
const rowsById = async (plural) =>
  new Map((await crm.sim.records(plural)).map((row) => [row.externalId, row]));

const RESULT_KEYS = [
  'entity',
  'file',
  'format',
  'dryRun',
  'read',
  'created',
  'updated',
  'unchanged',
  'refused',
  'warnings',
  'requests',
  'durationMs',
  'rejects',
  'resumeFromLine',
  'stoppedBy',
  'refusals',
  'warningReasons',
];

describe('a run', () => {
  test('NDJSON: good records are written, bad ones go to the rejects file, which can be fed back in', async () => {
    const env = envOf(crm.sim);
    const input = file(
      'people.ndjson',
      [
        JSON.stringify(person(1)),
        '{"external_id": "cli_2", "name": ',
        JSON.stringify(person(3, { email: 'nobody' })),
        '',
        JSON.stringify(person(5, { job_titel: 'Typo' })),
        '["cli_6"]',
        JSON.stringify(person(7)),
      ].join('\r\n'),
    );
    const rejects = fresh('rejects.ndjson');
    const first = await runJson(['sync', 'people', input, '--rejects', rejects], { env });
    assert.equal(first.code, 1, first.stderr);
    const { result } = first.json;
    assert.deepEqual(Object.keys(result), RESULT_KEYS);
    assert.deepEqual(
      [result.read, result.created, result.refused, result.resumeFromLine, result.stoppedBy],
      [6, 2, 4, null, null],
    );
    assert.deepEqual(result.refusals.map(({ code, field, count }) => [code, field, count]).sort(), [
      ['NOT_JSON', undefined, 2],
      ['UNKNOWN_FIELD', 'job_titel', 1],
      ['VALIDATION_ERROR', 'email', 1],
    ]);
    assert.equal(statSync(rejects).mode & 0o077, 0, 'for the owner only');
    const lines = readFileSync(rejects, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ _reject }) => _reject.line).sort(), [2, 3, 5, 6]);

    // Fed back in unchanged, the same records are refused for the same reasons.
    const again = fresh('again.ndjson');
    const second = await runJson(['sync', 'people', rejects, '--rejects', again], { env });
    assert.equal(second.code, 1, second.stderr);
    assert.deepEqual([second.json.result.read, second.json.result.refused], [4, 4]);
    const plain = (text) =>
      text
        .replaceAll(/"line":\d+/g, '')
        .split('\n')
        .sort();
    assert.deepEqual(plain(readFileSync(again, 'utf8')), plain(readFileSync(rejects, 'utf8')));

    // Corrected in place, they are accepted.
    writeFileSync(
      rejects,
      readFileSync(rejects, 'utf8')
        .replace('"nobody"', '"client3@example.com"')
        .replace('job_titel', 'job_title')
        .replace(
          JSON.stringify('{"external_id": "cli_2", "name": ').slice(1, -1),
          JSON.stringify(JSON.stringify(person(2))).slice(1, -1),
        )
        .replace(
          JSON.stringify('["cli_6"]').slice(1, -1),
          JSON.stringify(JSON.stringify(person(6))).slice(1, -1),
        ),
    );
    const third = await runJson(['sync', 'people', rejects], { env });
    assert.deepEqual([third.code, third.json.result.created], [0, 4], JSON.stringify(third.json));
    const rows = await rowsById('people');
    assert.equal(rows.size, 6);
    assert.equal(rows.get('cli_5').jobTitle, 'Typo');
  });

  test('CSV as Excel writes it: byte order mark, semicolons, CRLF, quotes; blank cells change nothing', async () => {
    const env = envOf(crm.sim);
    const input = file(
      'clients.csv',
      '\uFEFFExternal ID;name;E-Mail;job title;city;Total Submissions;plan\r\n' +
        'cli_1;"Berg; Jane ""JJ""";client1@example.com;"two\r\nlines";Köln;7;\r\n' +
        '\r\n' +
        'cli_2;Joe "The Boss" Doe;client2@example.com;;;;\r\n' +
        'cli_3;Short\r\n' +
        'cli_4;Four;client4@example.com;;;many;\r\n' +
        'cli_5;Five;client5@example.com;;;;;behind\r\n' +
        // Emptied rows, as spreadsheets keep them.
        ';;;;;;\r\n; ;;;;;\r\n',
    );
    const rejects = fresh('rejects.csv');
    const first = await runJson(['sync', 'people', input, '--rejects', rejects], { env });
    assert.equal(first.code, 1, first.stderr);
    assert.deepEqual([first.json.result.created, first.json.result.refused], [2, 3]);
    const rows = await rowsById('people');
    assert.equal(rows.get('cli_1').city, 'Köln');
    assert.equal(rows.get('cli_1').totalSubmissions, 7);
    assert.match(rows.get('cli_2').name.firstName, /"The/);

    const text = readFileSync(rejects, 'utf8');
    const lines = text.trimEnd().split('\n');
    assert.match(
      lines[0],
      /^\uFEFF_reject_line;_reject_code;_reject_field;_reject_message;External ID;name/,
      'Excel, in which it is corrected, knows UTF-8 by the mark',
    );
    assert.match(
      lines[1],
      /^6;WRONG_COLUMN_COUNT;;the row has 2 cells, but the header has 7;cli_3;Short$/,
    );
    assert.match(lines[2], /^7;VALIDATION_ERROR;total_submissions;/);
    assert.match(lines[3], /;behind$/);

    const again = fresh('again.csv');
    const second = await runJson(['sync', 'people', rejects, '--rejects', again], { env });
    assert.deepEqual([second.code, second.json.result.refused], [1, 3]);
    const plain = (content) =>
      content.replaceAll(/^\d+/gm, '').replaceAll(/has \d+ cells, but the header has \d+/g, '');
    assert.equal(plain(readFileSync(again, 'utf8')), plain(text));

    // Blank cells keep the old values.
    const update = file(
      'update.csv',
      'external_id,name,email,city,total_submissions\ncli_1,Jane Berg,client1@example.com, ,\n',
    );
    assert.equal((await run(['sync', 'people', update], { env })).code, 0);
    const row = (await rowsById('people')).get('cli_1');
    assert.deepEqual([row.city, row.totalSubmissions, row.name.lastName], ['Köln', 7, 'Berg']);
  });

  test('the same command accepts its rejects file in another encoding', async () => {
    const env = envOf(crm.sim);
    for (const [name, text] of [
      ['clients.csv', 'external_id;name;email\r\ncli_1;M\xfcller;nobody\r\n'],
      ['clients.ndjson', '{"external_id":"cli_2","name":"M\xfcller","email":"nobody"}\n'],
    ]) {
      const input = file(name, Buffer.from(text, 'latin1'));
      const rejects = fresh(name);
      const encoding = ['--encoding', 'windows-1252'];
      const first = await run(['sync', 'people', input, ...encoding, '--rejects', rejects], {
        env,
      });
      assert.equal(first.code, 1, first.stderr);
      const refused = readFileSync(rejects, 'utf8');
      const again = file(name, refused.replaceAll('nobody', `${name}@example.com`));
      const second = await run(['sync', 'people', again, ...encoding], { env });
      assert.equal(second.code, 0, second.stderr);
    }
    const rows = await rowsById('people');
    for (const id of ['cli_1', 'cli_2']) assert.equal(rows.get(id).name.firstName, 'Müller', id);
  });

  test('the same command accepts its rejects file of an input with lines above the header', async () => {
    const env = envOf(crm.sim);
    const text = 'Title\nexternal_id,name,email\nsk_1,Ann,\nsk_2,Bob,\n';
    const rejects = fresh('rejects.csv');
    const args = ['--skip-lines', '1', '--rejects', rejects];
    const first = await runJson(['sync', 'people', file('people.csv', text), ...args], { env });
    assert.equal(first.json.result.refused, 2, first.stderr);
    const again = file(
      'again.csv',
      readFileSync(rejects, 'utf8').replaceAll(/,$/gm, ',x@example.com'),
    );
    const second = await run(['sync', 'people', again, '--skip-lines', '1', '--dry-run'], { env });
    assert.match(second.stdout, /to create +[12]\b/, second.stderr);
    assert.ok(!second.stderr.includes('Unknown'), second.stderr);
  });

  test('a refusal names the command-line option', async () => {
    const env = envOf(crm.sim);
    const text = ndjson([
      { external_id: '1', name: 'A' },
      { external_id: 2, name: 'A', email: 'a@x.example' },
    ]);
    const ran = await run(['sync', 'people', file('people.ndjson', text)], { env });
    const said = ran.stdout.replaceAll(/\s+/g, ' ');
    assert.match(said, /\(here: --missing-email allow\)/);
    assert.match(said, /String\(id\) \(here: in quotation marks\)/);
    const one = await run(['upsert', 'person', '{"external_id":"1","name":"A"}'], { env });
    assert.match(one.stderr, /\(here: --missing-email allow\)/);
  });

  test('a warning names the command-line option', async () => {
    const input = file('people.ndjson', ndjson([person(1, { phone: '030 23125042' })]));
    const ran = await run(['sync', 'people', input], { env: envOf(crm.sim) });
    assert.equal(ran.code, 0);
    assert.match(ran.stdout.replaceAll(/\s+/g, ' '), /here: --default-country DE, for example/);
  });

  test('a clean run exits 0, says what it did, and leaves an empty rejects file', async () => {
    const env = envOf(crm.sim);
    const input = file('people.ndjson', ndjson(people(450)));
    const rejects = fresh('rejects.ndjson');
    const ran = await run(['sync', 'people', input, '--rejects', rejects], { env });
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /People from .*people\.ndjson/);
    assert.match(ran.stdout, /created +450\n +updated +0\n +unchanged +0\n +refused +0\n/);
    assert.match(ran.stdout, /450 records in .* a second, \d+ requests/);
    assert.equal(readFileSync(rejects, 'utf8'), '');
    assert.equal(
      (await crm.sim.stats()).records.people ?? (await crm.sim.records('people')).length,
      450,
    );
    // An empty rejects file is not a failure when it is fed back in.
    const none = await runJson(['sync', 'people', rejects], { env });
    assert.deepEqual([none.code, none.json.result.read], [0, 0]);
  });

  test('standard input, other column names, parts of names, nested keys', async () => {
    const env = envOf(crm.sim);
    const csv = 'Nr,Vorname,Nachname,Mail,Notiz\n1,Mary Ann,van der Berg,m@example.com,x\n';
    const map = [
      'Nr=external_id',
      'Vorname=name.firstName',
      'Nachname=name.lastName',
      'Mail=email',
    ];
    const args = [
      'sync',
      'people',
      '-',
      '--format',
      'csv',
      ...map.flatMap((pair) => ['--map', pair]),
    ];
    const ran = await run([...args, '--ignore', 'Notiz'], { env, input: csv });
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stdout, /People from standard input/);
    assert.equal((await rowsById('people')).get('1').name.firstName, 'Mary Ann');

    const columns = file(
      'columns.json',
      '{"client.id":"external_id","client.mail":"email","note":null}',
    );
    const input = ndjson([
      { client: { id: '2', mail: 'two@example.com' }, note: 1, name: { lastName: 'Two' } },
    ]);
    const second = await run(['sync', 'people', '-', '--format', 'ndjson', '--map-file', columns], {
      env,
      input,
    });
    assert.equal(second.code, 0, second.stderr);
    assert.equal((await rowsById('people')).get('2').emails.primaryEmail, 'two@example.com');
  });

  test('--dry-run writes nothing, --verify sends only what differs, --mappings remembers', async () => {
    const env = envOf(crm.sim);
    const input = file(
      'companies.ndjson',
      ndjson([
        { external_id: 'c1', name: 'One' },
        { external_id: 'c2', name: 'Two' },
      ]),
    );
    const dry = await runJson(['sync', 'companies', input, '--dry-run'], { env });
    assert.deepEqual([dry.code, dry.json.result.created, dry.json.result.dryRun], [0, 2, true]);
    assert.equal((await crm.sim.records('companies')).length, 0);
    const mappings = ['--mappings', fresh('mappings.sqlite')];
    const first = await runJson(['sync', 'companies', input, ...mappings], { env });
    assert.deepEqual([first.code, first.json.result.created], [0, 2]);
    for (const more of [mappings, ['--verify']]) {
      const next = await runJson(['sync', 'companies', input, ...more], { env });
      assert.equal(next.json.result.unchanged, 2, more.join(' '));
    }
    const forced = await runJson(['sync', 'companies', input, ...mappings, '--force'], { env });
    assert.equal(forced.json.result.updated, 2);
  });

  test('people without an e-mail address, in a file without a column for it', async () => {
    const env = envOf(crm.sim);
    const input = file('people.csv', 'external_id,name\n1,Ann One\n2,Bob Two\n');
    const refused = await runJson(['sync', 'people', input], { env });
    assert.equal(refused.code, 5);
    assert.match(refused.json.error.hint, /--missing-email allow/);
    const args = ['--missing-email', 'allow'];
    const ran = await runJson(['sync', 'people', input, ...args], { env });
    assert.deepEqual([ran.code, ran.json.result.created], [0, 2], ran.stderr);
    const options = file('options.json', '{"missingEmail":"allow"}');
    const mixed = file(
      'mixed.csv',
      'external_id,name,email\n1,Ann One,ann@example.com\n2,Bob Two,\n',
    );
    for (const given of [args, ['--options', options]]) {
      const again = await runJson(['sync', 'people', mixed, ...given], { env });
      assert.deepEqual([again.code, again.json.result.refused], [0, 0], again.stderr);
    }
    const rows = await crm.sim.records('people');
    const emails = rows.map(({ emails }) => emails?.primaryEmail ?? '').sort();
    assert.deepEqual(emails, ['', 'ann@example.com']);
  });

  test('options of the service: country, namespace, and others from a file', async () => {
    const env = envOf(crm.sim);
    const input = file(
      'people.ndjson',
      ndjson([person(1, { phone: '030 23125042' }), person(2, { email: 'none' })]),
    );
    const options = file('options.json', '{"invalidEmail":"leave_out"}');
    const args = ['--default-country', 'DE', '--namespace', 'site-a', '--options', options];
    const ran = await runJson(['sync', 'people', input, ...args], { env });
    assert.deepEqual([ran.code, ran.json.result.created], [0, 2], ran.stderr);
    assert.equal(ran.json.result.warningReasons[0].field, 'email');
    const rows = await crm.sim.records('people');
    assert.ok(rows.every(({ externalId }) => externalId.startsWith('site-a')));
    assert.ok(rows.some(({ phones }) => phones.primaryPhoneNumber === '3023125042'));
  });
});

describe('problems are reported before anything is sent', () => {
  for (const [what, csv, args, pattern] of /** @type {const} */ ([
    ['an unknown column', 'external_id,name,emial\n', [], /Unknown column "emial".*email/],
    [
      'words of a field',
      'external_id,name,email,Company ID\n',
      [],
      /nearest field of a person is company_external_id/,
    ],
    [
      'a column twice',
      'external_id,name,email,email\n',
      [],
      /two columns "email" \(columns 3 and 4\)/,
    ],
    [
      'two columns for a field',
      'external_id,name,email,E-Mail\n',
      [],
      /Two columns fill email: "email" and "E-Mail"/,
    ],
    [
      'a missing column',
      'id,name,email\n',
      ['--ignore', 'id'],
      /No column fills external_id.*\n.*"id=external_id"/,
    ],
    ['__proto__', 'external_id,name,email,__proto__\n', [], /Unknown column "__proto__"/],
    ['constructor', 'external_id,name,email,constructor\n', [], /Unknown column "constructor"/],
    [
      'a mapped column that is not there',
      'external_id,name,email\n',
      ['--map', 'mail=email'],
      /names the column "mail".*"email"/,
    ],
    [
      'name and its parts',
      'external_id,name,name.firstName,email\n',
      [],
      /"name" and "name.firstName"/,
    ],
  ])) {
    test(`${what}: 5`, async () => {
      const input = file('people.csv', `${csv}1,2,3,4\n`);
      const ran = await run(['sync', 'people', input, ...args], { env: envOf(crm.sim) });
      assert.equal(ran.code, 5, ran.stderr);
      assert.match(ran.stderr, pattern);
      assert.equal((await crm.sim.stats()).total, 0);
    });
  }

  test('an unknown key in the first line of NDJSON: 5', async () => {
    const input = file('people.ndjson', ndjson([person(1, { job_titel: 'x' }), person(2)]));
    const ran = await run(['sync', 'people', input], { env: envOf(crm.sim) });
    assert.equal(ran.code, 5);
    assert.match(ran.stderr, /Unknown key "job_titel".*job_title/);
    assert.equal((await crm.sim.stats()).total, 0);
    const loose = await run(['sync', 'people', input, '--ignore-unknown'], { env: envOf(crm.sim) });
    assert.equal(loose.code, 0, loose.stderr);
  });

  test('JSON that is not one object a line: 5', async () => {
    for (const text of [
      JSON.stringify([person(1), person(2)]),
      JSON.stringify([person(1)], null, 2),
      JSON.stringify(person(1), null, 2),
    ]) {
      const ran = await run(['sync', 'people', '-', '--format', 'ndjson'], {
        env: envOf(crm.sim),
        input: `\n${text}\n`,
      });
      assert.equal(ran.code, 5, text);
      assert.match(ran.stderr, /not one object a line\n.*jq -c/);
    }
    assert.equal((await crm.sim.stats()).total, 0);
  });

  test('wrong usage: 2', async () => {
    const input = file('people.csv', 'external_id,name,email\n');
    const env = envOf(crm.sim);
    for (const [args, pattern] of /** @type {const} */ ([
      [['-'], /--format/],
      [[file('people.txt', '')], /--format csv or --format ndjson/],
      [[file('people.xlsx', 'PK')], /is a workbook\nSave its sheet as CSV/],
      [[input, '--map', 'x'], /column=field/],
      [[input, '--map', 'name=nmae'], /did you mean name/],
      [[input, '--map-file', file('bad.json', '[')], /cannot be read/],
      [[input, '--delimiter', 'ab'], /one character/],
      [[input, '--encoding', 'klingon'], /not known/],
      [[input, '--rejects', input], /is the input file/],
      [[input, '--rejects', '-'], /needs a file/],
      [[input, '--default-country', 'Germany'], /defaultCountry/],
      [[input, '--options', file('key.json', '{"apiKey":"x"}')], /in the environment/],
    ])) {
      const ran = await run(['sync', 'people', ...args], { env });
      assert.equal(ran.code, 2, `${args.join(' ')}: ${ran.stderr}`);
      assert.match(ran.stderr, pattern);
    }
    assert.equal((await crm.sim.stats()).total, 0);
  });

  test('UTF-16 without a mark: 5, with how to name the encoding; with --encoding it is read', async () => {
    const env = envOf(crm.sim);
    const text = 'external_id,name,email\nu16,Jane,u16@example.com\n';
    const little = Buffer.from(text, 'utf16le');
    const big = Buffer.from(little).swap16();
    for (const [bytes, encoding] of /** @type {const} */ ([
      [little, 'utf-16le'],
      [big, 'utf-16be'],
    ])) {
      const input = file('export.csv', bytes);
      const ran = await runJson(['sync', 'people', input], { env });
      assert.deepEqual([ran.code, ran.json.error.code], [5, 'INPUT']);
      assert.match(ran.json.error.hint, new RegExp(`--encoding ${encoding}\\.`));
      const named = await runJson(['sync', 'people', input, '--encoding', encoding], { env });
      assert.deepEqual([named.code, named.json.result.read], [0, 1]);
    }
    const line = Buffer.from('{"external_id":"u16","name":"Jane"}\n', 'utf16le');
    const ran = await run(['sync', 'people', file('export.ndjson', line)], { env });
    assert.equal(ran.code, 5);
    assert.match(ran.stderr, /--encoding utf-16le/);
  });

  test('a CSV without a header: 5; other empty inputs succeed, with a message', async () => {
    const env = envOf(crm.sim);
    for (const content of ['', '\n\n', '\uFEFF']) {
      const ran = await runJson(['sync', 'people', file('export.csv', content)], { env });
      assert.deepEqual([ran.code, ran.json.error.code], [5, 'INPUT'], JSON.stringify(content));
      assert.match(ran.stderr, /is empty: it does not even have a header/);
    }
    assert.equal((await crm.sim.stats()).total, 0);
    const header = 'external_id,name,email\n';
    for (const [name, content, args, said] of /** @type {const} */ ([
      ['export.csv', header, [], /the input has a header and no records/],
      ['export.ndjson', '', [], /the input has no records/],
      ['export.ndjson', '\n \n', [], /the input has no records/],
      [
        'export.ndjson',
        ndjson(people(3)),
        ['--from-line', '99'],
        /the last record begins in line 3, before the line of --from-line/,
      ],
    ])) {
      const ran = await runJson(['sync', 'people', file(name, content), ...args], { env });
      assert.deepEqual([ran.code, ran.json.result.read], [0, 0], ran.stderr);
      assert.match(ran.stderr, said);
    }
  });

  test('the message names the row’s number of cells', async () => {
    const input = file('export.csv', 'external_id,name,email\nx\n');
    const { json } = await runJson(['sync', 'people', input], { env: envOf(crm.sim) });
    assert.equal(
      json.result.refusals[0].example.message,
      'the row has 1 cell, but the header has 3',
    );
  });

  test('a file that cannot be read: 5', async () => {
    const folder = fresh('folder.csv');
    mkdirSync(folder);
    for (const name of [fresh('missing.csv'), folder]) {
      const ran = await runJson(['sync', 'people', name], { env: envOf(crm.sim) });
      assert.deepEqual([ran.code, ran.json.error.code], [5, 'INPUT']);
      assert.match(ran.stderr, /cannot be read/);
    }
    const rejects = '/no/such/folder/rejects.ndjson';
    const input = file('people.ndjson', ndjson(people(1)));
    const ran = await run(['sync', 'people', input, '--rejects', rejects], { env: envOf(crm.sim) });
    assert.equal(ran.code, 5);
    assert.match(ran.stderr, /--rejects .* cannot be written/);
  });

  test('a refused key: 3, before the rejects file is touched; no server: 4', async () => {
    const input = file('people.ndjson', ndjson(people(1)));
    const rejects = file('rejects.ndjson', 'of an earlier run\n');
    const args = ['sync', 'people', input, '--rejects', rejects];
    const env = { ...envOf(crm.sim), TWENTY_CRM_API_KEY: crm.sim.keys.expired };
    const refused = await runJson(args, { env });
    assert.deepEqual([refused.code, refused.json.error.code], [3, 'AUTH_ERROR']);
    const nowhere = { ...env, TWENTY_CRM_BASE_URL: `http://127.0.0.1:${await closedPort()}` };
    const unreachable = await runJson(args, { env: nowhere });
    assert.deepEqual([unreachable.code, unreachable.json.error.code], [4, 'NETWORK_ERROR']);
    const off = await runJson(args, { env: { ...env, TWENTY_CRM_ENABLED: 'false' } });
    assert.equal(off.code, 3);
    assert.equal(readFileSync(rejects, 'utf8'), 'of an earlier run\n');
  });
});
