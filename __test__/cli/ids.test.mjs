// Ids: those that a spreadsheet or a program has damaged are refused, and missing ones can be made.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { useSim } from '../helpers/crm.mjs';
import { envOf, file, fresh, ndjson, run, runJson } from './cli.mjs';
import { person } from './clients.mjs';

const require = createRequire(import.meta.url);
const { identifier, spoilt } = require('../../lib/cli/ids.js');

const crm = useSim({ preset: 'provisioned' });

const SPOILT = {
  number: [
    '1.23457E+17',
    '1,23E+17',
    '1E+17',
    '1.2e+5',
    '1.23457e17',
    '-4,5E-7',
    '4.91512345678E11',
    ' 1.23457E+17 ',
  ],
  error: [
    ['#N/A', '#REF!', '#VALUE!', '#NAME?', '#DIV/0!', '#NUM!', '#NULL!', '#SPILL!', '#ERROR!'],
    ['#NV', '#BEZUG!', '#WERT!', '#VALEUR!', '#NOM?', '#¡VALOR!', '#¿NOMBRE?', '#N/D', '#RIF!'],
    ['#ЗНАЧ!', '#Н/Д', '#ДЕЛ/0!', '#n/a', '########', '1.#QNAN'],
  ].flat(),
  nothing: [
    ['NULL', 'null', 'Null', 'nan', 'NaN', '-nan', 'None', 'nil', 'undefined', 'N/A', 'n/a'],
    ['(null)', '<null>', '\\N', 'NA', '<NA>', '-', '--', '—', '?', '[object Object]'],
  ].flat(),
};

const GOOD = [
  ...['1', '0', '-1', '007', '12E5', '3e10', '5e123456', '1e21', '12E-34', '1E-05', 'E17', '1.2.3'],
  ...['1001.0', '1.234', '1,234', '#1', '#12', 'A#REF', 'nullable', 'Nan-1', 'none-1', 'na', 'Na'],
  ...['nana', 'N/A-1', 'REF!', '123456789012345678', 'a-b', 'x', 'é', '日', 'user@example.com'],
  ...['9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d', '5e9f1c2ab47e', '*a', 'cus_1E+17'],
];

describe('damaged ids', () => {
  test('are told from good ones', () => {
    for (const [why, ids] of Object.entries(SPOILT)) {
      for (const id of ids) assert.equal(spoilt(id), why, id);
    }
    for (const id of GOOD) assert.equal(spoilt(id), undefined, id);
  });

  test('in CSV: their rows are refused, the others are written; --allow-id accepts them', async () => {
    const env = envOf(crm.sim);
    const bad = ['#N/A', '1.23457E+17', 'NULL', '1,23E+17'];
    const rows = [...bad, 'good_1'].map((id, n) => `"${id}",Person ${n},p${n}@example.com,\n`);
    rows.push('good_2,Company Lost,lost@example.com,#REF!\n');
    const input = file(
      'people.csv',
      `external_id,name,email,company_external_id\n${rows.join('')}`,
    );
    const rejects = fresh('rejects.csv');
    const first = await runJson(['sync', 'people', input, '--rejects', rejects], { env });
    assert.equal(first.code, 1, first.stderr);
    const { result } = first.json;
    assert.deepEqual([result.read, result.created, result.refused], [6, 1, 5]);
    assert.deepEqual(
      result.refusals.map(({ code, field, count }) => [code, field, count]),
      [
        ['VALIDATION_ERROR', 'external_id', 4],
        ['VALIDATION_ERROR', 'company_external_id', 1],
      ],
    );
    const text = readFileSync(rejects, 'utf8');
    assert.match(
      text,
      /^3,.*"?external_id is ""1\.23457E\+17"": a spreadsheet .*as text.*--allow-id/m,
    );
    assert.deepEqual(
      (await crm.sim.records('people')).map(({ externalId }) => externalId),
      ['good_1'],
    );

    const again = await runJson(['sync', 'people', rejects, '--allow-id'], { env });
    assert.deepEqual([again.code, again.json.result.created], [0, 5], again.stderr);
  });

  test('in NDJSON and in a single record', async () => {
    const env = envOf(crm.sim);
    const input = file('people.ndjson', ndjson([person(1, { external_id: 'NaN' }), person(2)]));
    const { json } = await runJson(['sync', 'people', input], { env });
    assert.deepEqual([json.result.created, json.result.refused], [1, 1]);
    const companies = file('companies.csv', 'external_id,name\nundefined,Acme\n');
    assert.equal((await run(['sync', 'companies', companies], { env })).code, 1);
    const one = JSON.stringify(person(3, { external_id: '#N/A' }));
    const refused = await runJson(['upsert', 'person', one], { env });
    assert.deepEqual([refused.code, refused.json.error.code], [1, 'VALIDATION_ERROR']);
    assert.equal((await run(['upsert', 'person', one, '--allow-id'], { env })).code, 0);
  });
});

describe('--id-from', () => {
  /** @param {'email' | 'url'} idFrom @param {object} record */
  const idOf = (idFrom, record) => identifier({ idFrom, allowId: true })({ ...record }).external_id;

  test('an e-mail address: one id for all spellings', () => {
    for (const [email, id] of [
      ['jane@example.com', 'jane@example.com'],
      [' Jane@Example.COM ', 'jane@example.com'],
      ['jane@MÜLLER.example', 'jane@xn--mller-kva.example'],
      ['jane@mu\u0308ller.example.', 'jane@xn--mller-kva.example'],
      ['Jane+Tag@example.com', 'jane+tag@example.com'],
    ]) {
      assert.equal(idOf('email', { email }), id);
      assert.equal(idOf('email', { email: { primaryEmail: email } }), id);
    }
    for (const email of [undefined, '', ' ', 'nobody', 'a b@example.com', '@example.com', 7]) {
      assert.throws(
        () => idOf('email', { email }),
        /--id-from email cannot make an id: /,
        String(email),
      );
    }
  });

  test('a link: one id for all spellings', () => {
    const profile = 'https://www.linkedin.com/in/jane-doe';
    for (const [website, id] of [
      [profile, profile],
      ['http://linkedin.com/in/Jane-Doe/?trk=x#top', profile],
      ['de.linkedin.com/in/jane-doe', profile],
      ['HTTPS://Example.com/Jane/', 'https://example.com/Jane'],
      ['https://example.com', 'https://example.com'],
    ]) {
      assert.equal(idOf('url', { website }), id);
    }
    for (const website of [undefined, '', 'jane', 'mailto:a@b.example', 'https://']) {
      assert.throws(() => idOf('url', { website }), /--id-from url cannot make an id: /);
    }
  });

  test('in a run: rows that have the source of the id are written, the others are refused', async () => {
    const env = envOf(crm.sim);
    const input = file('people.csv', 'name,email\nAnn Lee,Ann@Example.com\nBo Ray,\n');
    const ran = await runJson(['sync', 'people', input, '--id-from', 'email'], { env });
    assert.deepEqual([ran.code, ran.json.result.created, ran.json.result.refused], [1, 1, 1]);
    assert.match(ran.json.result.refusals[0].example.message, /the record has no e-mail address/);
    const [row] = await crm.sim.records('people');
    assert.equal(row.externalId, 'ann@example.com');
  });

  test('contradictory options are reported before anything is sent', async () => {
    const csv = file('people.csv', 'name,email\nA,a@example.com\n');
    const own = file('own.csv', 'external_id,name,email\n1,A,a@example.com\n');
    for (const [args, code, said] of /** @type {const} */ ([
      [['people', csv], 5, /No column fills external_id[\s\S]*--id-from email/],
      [['people', csv, '--id-from', 'url'], 5, /No column fills website, which --id-from needs/],
      [['people', own, '--id-from', 'email'], 5, /the column "external_id" also gives them/],
      [['companies', csv, '--id-from', 'email'], 2, /works only for people/],
      [['people', csv, '--id-from', 'name'], 2, /Allowed choices are email, url/],
    ])) {
      const ran = await run(['sync', ...args], { env: envOf(crm.sim) });
      assert.equal(ran.code, code, ran.stderr);
      assert.match(ran.stderr, said);
    }
    assert.equal((await crm.sim.stats()).total, 0);
  });
});
