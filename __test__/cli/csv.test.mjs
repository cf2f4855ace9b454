// CSV files as programs and people really write them: wrong quotation marks, missing cells, lines above the header, and
// other kinds of files named .csv.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { useSim } from '../helpers/crm.mjs';
import { envOf, file, fresh, run, runJson } from './cli.mjs';

const require = createRequire(import.meta.url);
const { openInput } = require('../../lib/cli/input/open.js');
const { readMapping } = require('../../lib/cli/mapping.js');
const { CliFailure } = require('../../lib/cli/failure.js');

/**
 * Reads a CSV: its records, and the codes of refused rows, each after its line.
 * @param {string | Buffer} text
 * @param {object} [options] of the command
 * @param {'person' | 'company'} [entity]
 * @param {number} [size] of the pieces in which it arrives
 */
async function read(text, options = {}, entity = 'person', size = 1e9) {
  const mapping = readMapping(entity, options);
  const bytes = Buffer.from(text);
  const pieces = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  const { signal } = new AbortController();
  const settings = { format: 'csv', ...options };
  const input = await openInput('-', entity, mapping, settings, Readable.from(pieces), signal);
  const entries = [];
  for await (const entry of input.entries) entries.push(entry);
  return entries;
}

/** @param {any[]} entries */
const brief = (entries) =>
  entries.map(({ line, record, failure }) => [line, failure?.code ?? record.name]);

/** @param {Promise<unknown>} reading */
async function failureOf(reading) {
  try {
    await reading;
  } catch (error) {
    assert.ok(error instanceof CliFailure, error.stack);
    return error;
  }
  throw new Error('it was read');
}

const HEADER = 'external_id,name,email\n';

describe('quotation marks', () => {
  for (const [what, rows, expected] of /** @type {const} */ ([
    [
      'text behind the closing one',
      '1,"Ann "A" One",a@x.example\n2,Bob,b@x.example\n',
      [
        [2, 'WRONG_QUOTES'],
        [3, 'Bob'],
      ],
    ],
    [
      'a blank behind it',
      '1,"Dan Four" ,d@x.example\n2,"Bob",b@x.example\n',
      [
        [2, 'WRONG_QUOTES'],
        [3, 'Bob'],
      ],
    ],
    [
      'a blank before the opening one',
      '1, "Dan Four",d@x.example\n2,Bob,b@x.example\n',
      [
        [2, 'WRONG_QUOTES'],
        [3, 'Bob'],
      ],
    ],
    [
      'doubled once too often',
      '1,""Ann"",a@x.example\n2,Bob,b@x.example\n',
      [
        [2, 'WRONG_QUOTES'],
        [3, 'Bob'],
      ],
    ],
    [
      'one that the next cell in quotes would close',
      '1,"Ann,a@x.example\n2,Bob,b@x.example\n3,"Cy",c@x.example\n',
      [
        [2, 'WRONG_QUOTES'],
        [3, 'Bob'],
        [4, 'Cy'],
      ],
    ],
    [
      'one that a stray one closes, two rows on',
      '1,"Ann,a@x.example\n2,Bob,b@x.example\n3,Cy",c@x.example\n4,Di,d@x.example\n',
      [
        [2, 'WRONG_QUOTES'],
        [3, 'Bob'],
        [4, 'WRONG_QUOTES'],
        [5, 'Di'],
      ],
    ],
    [
      'a delimiter within a cell that is not quoted as a whole',
      '1,Ann "A, B" One,a@x.example\n2,Bob,b@x.example\n',
      [
        [2, 'WRONG_QUOTES'],
        [3, 'Bob'],
      ],
    ],
    [
      'in the last line, without a line end',
      '1,Ann,a@x.example\n2,"Bob"x,b@x.example',
      [
        [2, 'Ann'],
        [3, 'WRONG_QUOTES'],
      ],
    ],
  ])) {
    test(`${what}: the row is refused, and the others are read`, async () => {
      for (const size of [1e9, 1, 7]) {
        assert.deepEqual(brief(await read(HEADER + rows, {}, 'person', size)), expected);
      }
    });
  }

  test('a mark that is never closed ends the input, and the error names its line', async () => {
    for (const [rows, line] of /** @type {const} */ ([
      ['1,"Ann,a@x.example\n2,Bob,b@x.example\n', 2],
      ['1,Ann,a@x.example\n2,"Bob,b@x.example', 3],
      ['1,"Ann\nAnn","a@x.example\n2,Bob,b@x.example\n', 3],
      [`1,"A,a@x.example\n${'2,B,b@x.example\n'.repeat(20_000)}`, 2],
    ])) {
      const { message, exitCode } = await failureOf(read(HEADER + rows));
      assert.equal(exitCode, 5);
      assert.match(
        message,
        new RegExp(`^Line ${line}: a quotation mark opens a cell and is never closed`),
      );
    }
  });

  test('marks that are text are read as text', async () => {
    for (const name of [
      'Joe "The Boss" Doe',
      'Joe "The Boss", Esq.',
      '19" Rack',
      'Pipe 5" and 6"',
      '„Haus" GmbH',
      '“Haus" GmbH',
      'אורט בע"מ',
      'Rock\'n"Roll',
      '(the "Boss")',
    ]) {
      const cell = name.includes(',') ? `"${name.replaceAll('"', '""')}"` : name;
      const [{ record }] = await read(`${HEADER}1,${cell},a@x.example\n`);
      assert.equal(record?.name, name);
    }
    const lines = `${HEADER}1,"Ann\n\n""A"", B\r\nOne",a@x.example\n`;
    assert.equal((await read(lines))[0].record.name, 'Ann\n\n"A", B\r\nOne');
  });

  test('="…", which protects text from spreadsheets, is read as the text', async () => {
    const rows = '"=""007""",="Ann",a@x.example\n="008","=""B ""x"" C""",b@x.example\n';
    const records = (await read(HEADER + rows)).map(({ record }) => record);
    assert.deepEqual(
      records.map(({ external_id, name }) => [external_id, name]),
      [
        ['007', 'Ann'],
        // Not such a text: anything else stays as it is.
        ['008', '="B "x" C"'],
      ],
    );
  });

  test('wrong quotation marks in the header are reported', async () => {
    const { message } = await failureOf(read('external_id,"na"me,email\n1,A,a@x.example\n'));
    assert.match(message, /The header cannot be read: .*line 1/);
  });

  test('thousands of wrong rows take no longer than good ones', async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) => `${n},"A "B",a@x.example\n`).join('');
    const entries = await read(HEADER + rows);
    assert.equal(entries.length, 5_000);
    assert.ok(entries.every(({ failure }) => failure.code === 'WRONG_QUOTES'));
    // One that opens in each line, and one that swallows nearly the maximum of a record.
    const open = Array.from({ length: 5_000 }, (_, n) => `${n},"A,a@x.example\n`).join('');
    assert.equal((await read(`${HEADER}${open}5000,"B",b@x.example\n`)).length, 5_001);
    const swallowed = `1,"A,a@x.example\n${'2,B,b@x.example\n'.repeat(14_000)}3,"C",c@x.example\n`;
    const all = await read(HEADER + swallowed);
    assert.deepEqual([all.length, all.filter(({ failure }) => failure).length], [14_002, 1]);
  });
});

describe('rows', () => {
  test('rows without trailing blank cells are read, unless a required cell is missing', async () => {
    const text = [
      'external_id,name,email,job_title,city',
      '1,Ann,a@x.example',
      '2,Bob,b@x.example,CEO',
      '3,Di,d@x.example,,Bonn',
      '4,Cy',
    ].join('\n');
    const entries = await read(text);
    assert.deepEqual(brief(entries), [
      [2, 'Ann'],
      [3, 'Bob'],
      [4, 'Di'],
      [5, 'WRONG_COLUMN_COUNT'],
    ]);
    assert.equal(entries[1].record.job_title, 'CEO');
    assert.equal(entries[0].record.city, undefined);
  });

  test('both halves of a row cut by a bare line end are refused', async () => {
    const text = [
      'external_id,name,email,job_title,city',
      '1,Ann,a@x.example,Head of',
      'Sales,Bonn',
      '2,Bob,b@x.example,Head of',
      'Sales,x',
      '3,Cy,c@x.example',
      '4,Di,d@x.example',
    ].join('\n');
    assert.deepEqual(brief(await read(text)), [
      [2, 'WRONG_COLUMN_COUNT'],
      [3, 'WRONG_COLUMN_COUNT'],
      [4, 'WRONG_COLUMN_COUNT'],
      [5, 'WRONG_COLUMN_COUNT'],
      [6, 'Cy'],
      [7, 'Di'],
    ]);
  });
});

describe('headers', () => {
  test('invisible characters in a column name are ignored', async () => {
    for (const name of [
      '\uFEFFemail',
      'email\u200B',
      'e\u00ADmail',
      '\u00A0email\u00A0',
      '\u200Eemail',
      '"email\u2060"',
    ]) {
      const [{ record }] = await read(`external_id,name,${name}\n1,Ann,a@x.example\n`);
      assert.equal(record.email, 'a@x.example', JSON.stringify(name));
    }
    const text = 'external_id,name,email,Nume\u0301ro\u00A0de te\u0301l\n1,Ann,a@x.example,1\n';
    const [{ record }] = await read(text, { map: ['Numéro de tél=phone'] });
    assert.equal(record.phone, '1');
    const [ignored] = await read(text, { ignore: ['Numéro de tél'] });
    assert.equal(ignored.record.phone, undefined);
  });

  test('a duplicate column matters only if it fills a field', async () => {
    const text = 'external_id,name,email,Titre,Titre\n1,Ann,a@x.example,a,b\n';
    for (const options of [{ ignoreUnknown: true }, { ignore: ['Titre'] }]) {
      assert.deepEqual(brief(await read(text, options)), [[2, 'Ann']]);
    }
    const { message } = await failureOf(read(text, { map: ['Titre=job_title'] }));
    assert.match(message, /two columns "Titre" \(columns 4 and 5\), both for job_title/);
    assert.match((await failureOf(read(text))).message, /Unknown column "Titre"/);
  });

  test('all unknown columns are reported at once, with options to paste', async () => {
    const text = 'external_id,name,emial,Notes,tel no,Fax phone,C$T\n';
    const { message, hint } = await failureOf(read(text));
    assert.equal(message, 'Unknown columns: "emial", "Notes", "tel no", "Fax phone", "C$T"');
    const [paste] = hint.split('\n');
    assert.match(paste, /--map "emial=email" --ignore "Notes" .*--ignore 'C\$T'$/);
    assert.equal(paste.match(/=phone"/g)?.length ?? 0, 1, `no field twice: ${paste}`);
  });

  test('columns with the parts of a name are recognised if both exist', async () => {
    for (const [first, last] of [
      ['First Name', 'Last Name'],
      ['first_name', 'last_name'],
      ['Given Name', 'Family Name'],
      ['Forename', 'Surname'],
      ['Vorname', 'Nachname'],
    ]) {
      const text = `external_id,${first},${last},email\n1,Anna Maria,van Dyk,a@x.example\n`;
      const [{ record }] = await read(text);
      const { record: same } = (
        await read(text.replace(`${first},${last}`, 'name.firstName,name.lastName'))
      )[0];
      assert.deepEqual(record, same, first);
    }
    // A whole name is preferred to its parts, and one part alone does not count.
    const whole = 'external_id,name,First Name,Last Name,email\n1,Ann Lee,x,y,a@x.example\n';
    assert.equal((await read(whole, { ignoreUnknown: true }))[0].record.name, 'Ann Lee');
    assert.match(
      (await failureOf(read(whole))).message,
      /Unknown columns: "First Name", "Last Name"/,
    );
    const alone = 'external_id,First Name,email\n1,Ann,a@x.example\n';
    const { message } = await failureOf(read(alone, { ignoreUnknown: true }));
    assert.match(message, /No column fills name/);
    const mapped = 'external_id,First Name,Nom,email\n1,Ann,Lee,a@x.example\n';
    assert.equal((await read(mapped, { map: ['Nom=name.lastName'] })).length, 1);
  });

  test('one column may fill two fields, but two columns may not fill one', async () => {
    const text = 'Mail,name\na@x.example,Ann\n';
    const [{ record }] = await read(text, { map: ['Mail=email', 'Mail=external_id'] });
    assert.deepEqual(record, { email: 'a@x.example', external_id: 'a@x.example', name: 'Ann' });
    const columns = file('columns.json', '{"Mail":["email","external_id"]}');
    const [again] = await read(text, { mapFile: columns });
    assert.deepEqual(again.record, record);
    const twice = failureOf(read('a,b,name\n', { map: ['a=email', 'b=email'] }));
    assert.match((await twice).message, /"a" and "b" are both mapped to email/);
    assert.equal((await twice).exitCode, 2);
  });

  test('lines above the header are skipped, and line numbers stay those of the file', async () => {
    const text =
      'Customers of 2024\nprinted by me\n\nexternal_id;name;email\n1;Ann;a@x.example\n2;"B\n";b@x.example\n3;Cy;c@x.example\n';
    for (const size of [1e9, 1]) {
      const entries = await read(text, { skipLines: 3 }, 'person', size);
      assert.deepEqual(
        entries.map(({ line }) => line),
        [5, 6, 8],
      );
      const { message, hint } = await failureOf(read(text, {}, 'person', size));
      assert.match(message, /Line 1 is not a header; line 4 looks like one/);
      assert.match(hint, /--skip-lines 3$/);
    }
    const old = 'Title\rexternal_id;name;email\r1;Ann;a@x.example\r';
    assert.deepEqual(brief(await read(old, { skipLines: 1 })), [[3, 'Ann']]);
    const named = 'sep=|\r\nTitle\r\nexternal_id|name|email\r\n1|Ann|a@x.example\r\n';
    assert.deepEqual(brief(await read(named, { skipLines: 2 })), [[4, 'Ann']]);
    assert.deepEqual(await read(text, { skipLines: 99 }), []);
  });

  test('a valid header is not taken for a title', async () => {
    const text = 'Nr,Vorname,Mail\nexternal_id,name,email\n';
    assert.match((await failureOf(read('id,foo\n1,2\n'))).message, /Unknown columns/);
    assert.match((await failureOf(read(text))).message, /line 2 looks like one/);
  });
});

describe('a file of another kind', () => {
  const office = Buffer.concat([
    Buffer.from('PK\x03\x04\x14\0\x06\0', 'latin1'),
    Buffer.alloc(22),
    Buffer.from('[Content_Types].xml'),
  ]);
  for (const [what, bytes, said] of /** @type {const} */ ([
    ['an Excel workbook', office, /is an Excel workbook .*\n.*export the sheet as CSV/],
    [
      'an OpenDocument file',
      Buffer.from(
        'PK\x03\x04......mimetypeapplication/vnd.oasis.opendocument.spreadsheet',
        'latin1',
      ),
      /is an OpenDocument file/,
    ],
    [
      'an archive',
      Buffer.from('PK\x03\x04......contacts.csv....', 'latin1'),
      /ZIP archive[\s\S]*Unpack/,
    ],
    [
      'an old workbook',
      Buffer.from('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0', 'latin1'),
      /old Excel workbook/,
    ],
    ['a PDF', Buffer.from('%PDF-1.7\n%\xe2\xe3', 'latin1'), /is a PDF/],
    ['gzip', Buffer.from('\x1f\x8b\x08\0\0\0', 'latin1'), /gunzip/],
    ['vCards', Buffer.from('BEGIN:VCARD\r\nVERSION:3.0\r\n'), /vCards/],
    [
      'an HTML page',
      Buffer.from('\n<!DOCTYPE html>\n<html lang="en">'),
      /HTML page\n.*sign-in page/,
    ],
    ['a table in HTML', Buffer.from('<table><tr><td>name</td>'), /HTML page/],
    ['HTML in UTF-16', Buffer.from('\uFEFF<html><body>', 'utf16le'), /HTML page/],
    ['XML', Buffer.from('\uFEFF<?xml version="1.0"?>'), /is XML/],
  ])) {
    test(`${what}: 5, with what to do`, async () => {
      for (const name of ['export.csv', 'export.ndjson']) {
        const ran = await run(['sync', 'people', file(name, bytes)]);
        assert.equal(ran.code, 5, ran.stderr);
        assert.match(ran.stderr, said);
      }
    });
  }

  for (const [what, text, options, said] of /** @type {const} */ ([
    ['JSON lines', '{"external_id":"1","name":"A"}\n', {}, /is JSON.*--format ndjson/s],
    ['a JSON list', '[{"external_id":"1"}]', {}, /is JSON.*--format ndjson/s],
    [
      'rows without a header',
      '1,Ann,a@x.example\n',
      {},
      /Line 1 is not a header.*external_id,name,email/s,
    ],
    ['another delimiter', `${HEADER}1,A,a@x.example\n`, { delimiter: ';' }, /--delimiter comma$/],
    ['tabs', HEADER.replaceAll(',', '\t'), { delimiter: ',' }, /--delimiter tab$/],
  ])) {
    test(`${what}: says what the file is, instead of listing unknown columns`, async () => {
      const { exitCode, message, hint } = await failureOf(read(text, options));
      assert.equal(exitCode, 5);
      assert.match(`${message}\n${hint}`, said);
      assert.ok(!message.includes('a@x.example'));
    });
  }

  test('a title with an e-mail address in it is a title', async () => {
    const { hint } = await failureOf(read(`me@x.example\n${HEADER}1,A,a@x.example\n`));
    assert.match(hint, /--skip-lines 1/);
  });

  test('a CSV whose first cell looks like the beginning of such a file is read', async () => {
    for (const name of ['PK', 'PDF', 'BEGIN', '<b>', '%']) {
      const text = `${name},external_id,name,email\n1,1,Ann,a@x.example\n`;
      for (const size of [1e9, 1]) {
        const entries = await read(text, { ignore: [name] }, 'person', size);
        assert.deepEqual(brief(entries), [[2, 'Ann']]);
      }
    }
  });
});

describe('in a run', () => {
  const crm = useSim({ preset: 'provisioned' });

  test('rows with wrong quotation marks go to the rejects file unchanged, and are refused again', async () => {
    const env = envOf(crm.sim);
    const text = `${HEADER}1,"Ann "A" One",ann@example.com\n2,Bob,bob@example.com\n3,"Cy,cy@example.com\n4,"Dan Four" ,dan@example.com\n5,Eve,eve@example.com\n`;
    const rejects = fresh('rejects.csv');
    const args = ['sync', 'people', file('people.csv', text), '--rejects', rejects];
    const first = await runJson(args, { env });
    assert.equal(first.code, 1, first.stderr);
    assert.deepEqual([first.json.result.created, first.json.result.refused], [2, 3]);
    const [kind] = first.json.result.refusals;
    assert.deepEqual([kind.code, kind.count, kind.example.line], ['WRONG_QUOTES', 3, 2]);
    const lines = readFileSync(rejects, 'utf8').trimEnd().split('\n');
    assert.match(lines[1], /^2,WRONG_QUOTES,,".*",1,"Ann "A" One",ann@example\.com$/);

    const again = fresh('again.csv');
    const second = await runJson(['sync', 'people', rejects, '--rejects', again], { env });
    assert.deepEqual([second.json.result.created, second.json.result.refused], [0, 3]);
    const own = (name) =>
      readFileSync(name, 'utf8').replaceAll(/^\d+,WRONG_QUOTES,,"[^"]*",/gm, '');
    assert.equal(own(again), own(rejects));

    const mended = file(
      'mended.csv',
      readFileSync(again, 'utf8')
        .replace('"Ann "A" One"', '"Ann ""A"" One"')
        .replace('"Cy,', 'Cy,')
        .replace('"Dan Four" ,', '"Dan Four",'),
    );
    const third = await runJson(['sync', 'people', mended], { env });
    assert.deepEqual([third.code, third.json.result.created], [0, 3], third.stderr);
  });
});
