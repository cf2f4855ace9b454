// The CSV and NDJSON readers on random files, in pieces of random size.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';

const require = createRequire(import.meta.url);
const { toUtf8 } = require('../../lib/cli/input/bytes.js');
const { openCsv, detectDelimiter, readDelimiter } = require('../../lib/cli/input/csv.js');
const { readNdjson, RAW } = require('../../lib/cli/input/ndjson.js');
const { LineSplitter, MAX_RECORD_BYTES } = require('../../lib/cli/input/lines.js');
const { CliFailure } = require('../../lib/cli/failure.js');
const { FIELDS, knownNames, targetOf } = require('../../lib/cli/fields.js');
const { planColumns } = require('../../lib/cli/columns.js');
const { objectMapper, rowToRecord } = require('../../lib/cli/mapping.js');
const { nearest } = require('../../lib/nearest.js');

const RUNS = 150;
const NO_MAPPING = { map: new Map(), ignored: new Set(), ignoreUnknown: false };

/** Reproducible random numbers (mulberry32). @param {number} seed */
function random(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    /** @param {number} end */
    below: (end) => Math.floor(next() * end),
    /** @template T @param {readonly T[]} list @returns {T} */
    pick: (list) => list[Math.floor(next() * list.length)],
    /** @param {number} chance */
    is: (chance) => next() < chance,
  };
}

/** @param {Buffer} bytes @param {ReturnType<typeof random>} dice */
async function* inPieces(bytes, dice) {
  const most = dice.pick([1, 3, 17, 1_000, 100_000]);
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + dice.below(most);
    yield bytes.subarray(at, end);
    at = end;
  }
}

/** @param {AsyncIterable<any>} iterable */
async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

const LETTERS = ['a', 'B', '0', 'ß', 'Ω', '日', '👩‍💻', ' ', "'", '=', '.', '\u00a0'];

/** @param {ReturnType<typeof random>} dice @param {readonly string[]} more */
const word = (dice, more) =>
  Array.from({ length: dice.below(8) }, () => dice.pick([...LETTERS, ...more])).join('');

describe('CSV', () => {
  test('the reader returns what a writer wrote, with the line of every record', async () => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const dice = random(seed);
      const delimiter = dice.pick([',', ';', '\t', '|']);
      const newline = dice.pick(['\n', '\r\n']);
      const header = [...FIELDS.person].filter((name) => name !== 'total_submissions');
      let text = dice.is(0.2) ? `sep=${delimiter}${newline}` : '';
      let line = text === '' ? 1 : 2;
      const write = (cells) => {
        const row = cells.map((cell) =>
          dice.is(0.3) || /["\r\n]/.test(cell) || cell.includes(delimiter)
            ? `"${cell.replaceAll('"', '""')}"`
            : cell,
        );
        text += `${row.join(delimiter)}${newline}`;
        line += 1 + cells.join('').split('\n').length - 1;
      };
      write(header);
      const expected = [];
      for (let row = dice.below(20); row > 0; row -= 1) {
        if (dice.is(0.1)) {
          text += newline;
          line += 1;
        }
        const cells = header.map(() => word(dice, ['"', ',', ';', '\t', '|', '\n', '\r\n']));
        expected.push({ cells, line });
        write(cells);
      }
      if (dice.is(0.3)) text = text.slice(0, -newline.length);
      const encoding = dice.pick(['utf8', 'utf16le']);
      const bytes = Buffer.from(
        `${encoding === 'utf16le' || dice.is(0.5) ? '\uFEFF' : ''}${text}`,
        encoding,
      );
      const chunks = toUtf8(inPieces(bytes, dice), undefined, { read: 0, decoded: 0 });
      const csv = await openCsv(chunks, 'person', NO_MAPPING, undefined);
      assert.deepEqual(csv.header, header, `seed ${seed}`);
      assert.equal(csv.delimiter, delimiter);
      const entries = await all(csv.entries);
      assert.deepEqual(
        entries.map(({ source, line }) => ({ cells: source.cells, line })),
        expected,
        `seed ${seed}`,
      );
      for (const { record, source } of entries) {
        for (const [index, name] of header.entries()) {
          // Text protected from spreadsheets.
          const cell = source.cells[index].replace(/^="((?:[^"]|"")*)"$/, (_, text) =>
            text.replaceAll('""', '"'),
          );
          assert.equal(record[name], cell.trim() === '' ? undefined : cell);
        }
      }
    }
  });

  test('text before unreadable bytes is not a record of its own, wherever a chunk ends', async () => {
    for (const [newline, more] of [
      ['\n', 'Joan,joan@acme.example,2'],
      ['\r\n', 'Joan,joan@acme.example,2'],
      ['\r\n', '"Joan\r\nClarke",joan@acme.example,2'],
      ['\r', 'Joan,joan@acme.example,2'],
      ['\n', ''],
    ]) {
      const text = `name,email,external_id${newline}Jane,jane@acme.example,1${newline}${more}`;
      const bytes = Buffer.concat([
        Buffer.from(text),
        Buffer.from([0xe4, 0x41]),
        Buffer.from('\n'),
      ]);
      for (const size of [1, 2, 3, 7, bytes.length]) {
        const rest = (async function* () {
          for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
        })();
        const { entries } = await openCsv(rest, 'person', NO_MAPPING, undefined);
        const names = [];
        const reading = async () => {
          for await (const { source } of entries) names.push(source.cells[0]);
        };
        await assert.rejects(reading, /Line \d is not UTF-8/);
        assert.deepEqual(names, ['Jane'], `${JSON.stringify(text)}, ${size} at a time`);
      }
    }
  });

  test('a file that breaks off with an error gives no half record', async () => {
    const broken = (async function* () {
      yield Buffer.from(
        'name,email,external_id\nJane,jane@acme.example,1\nJoan,joan@acme.example,2',
      );
      throw new Error('EIO');
    })();
    const { entries } = await openCsv(broken, 'person', NO_MAPPING, undefined);
    const names = [];
    await assert.rejects(async () => {
      for await (const { source } of entries) names.push(source.cells[0]);
    }, /EIO/);
    assert.deepEqual(names, ['Jane']);
  });

  test('any input ends, with at most an error that names the place', async () => {
    let failures = 0;
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const dice = random(seed);
      const pieces = [
        'external_id,name,email\n',
        'a,b,c\n',
        '"',
        '""',
        '\n',
        '\r',
        '\r\n',
        ',',
        ';',
        '\0',
        'x',
        'é',
      ];
      const parts = Array.from({ length: dice.below(40) }, () =>
        dice.is(0.05) ? Buffer.from([128 + dice.below(128)]) : Buffer.from(dice.pick(pieces)),
      );
      const bytes = Buffer.concat([Buffer.from(dice.is(0.9) ? pieces[0] : ''), ...parts]);
      try {
        const chunks = toUtf8(inPieces(bytes, dice), undefined, { read: 0, decoded: 0 });
        const { entries } = await openCsv(chunks, 'person', NO_MAPPING, undefined);
        let last = 0;
        for await (const { line, record, failure } of entries) {
          assert.ok(line > last, `seed ${seed}: line ${line} after ${last}`);
          assert.ok((record === undefined) !== (failure === undefined));
          last = line;
        }
      } catch (error) {
        if (!(error instanceof CliFailure)) throw error;
        assert.equal(error.code, 'INPUT', `seed ${seed}`);
        failures += 1;
      }
    }
    assert.ok(failures > 10 && failures < RUNS, String(failures));
  });

  test('delimiters', () => {
    assert.equal(detectDelimiter('a;b,c;d'), ';');
    assert.equal(detectDelimiter('"a;b;c",d'), ',');
    assert.equal(detectDelimiter('name'), ',');
    for (const [given, expected] of [
      ['tab', '\t'],
      ['\\t', '\t'],
      ['semicolon', ';'],
      ['^', '^'],
      ['"', undefined],
      ['ab', undefined],
      ['', undefined],
      ['a', undefined],
    ]) {
      assert.equal(readDelimiter(given), expected);
    }
  });

  test('lines that end as on old Macs', async () => {
    const bytes = [Buffer.from('external_id,name,email\r1,A,a@b.example\r2,B,b@b.example\r')];
    const { entries } = await openCsv(
      (async function* () {
        yield* bytes;
      })(),
      'person',
      NO_MAPPING,
      undefined,
    );
    assert.deepEqual(
      (await all(entries)).map(({ record }) => record.external_id),
      ['1', '2'],
    );
  });
});

describe('NDJSON', () => {
  test('every line is a record or a failure, each with its number', async () => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const dice = random(seed);
      const expected = [];
      let text = '';
      for (let number = 1 + dice.below(3); number <= 30; number += 1) {
        const record = {
          external_id: word(dice, ['\n', '"', '\\', '\u0000']),
          name: word(dice, []),
          city: dice.pick([null, 1.5, true, 'x']),
        };
        const line = dice.pick([
          JSON.stringify(record),
          JSON.stringify(record),
          '{"a":',
          '7',
          '"x"',
          '[]',
          '  ',
          '{"nope": 1}',
          '{"__proto__": 1}',
          '\uFFFD{}',
        ]);
        text += `${line}${dice.pick(['\n', '\r\n'])}`;
        const at = text.split('\n').length - 1;
        if (line === JSON.stringify(record)) expected.push([at, record]);
        else if (line.startsWith('{"nope') || line.startsWith('{"__'))
          expected.push([at, 'UNKNOWN_FIELD']);
        else if (line.trim() !== '') expected.push([at, 'NOT_JSON']);
      }
      // The first line is valid: unknown keys there are tested elsewhere.
      const bytes = Buffer.from(text.replace(/^/, '{}\n'));
      const entries = await all(readNdjson(inPieces(bytes, dice), 'person', NO_MAPPING));
      assert.deepEqual(
        entries.slice(1).map(({ line, record, failure }) => [line - 1, failure?.code ?? record]),
        expected,
        `seed ${seed}`,
      );
      for (const { line, end } of entries) {
        assert.equal(bytes.subarray(0, end).toString().split('\n').length - 1, line);
      }
      assert.equal(Object.prototype.nope, undefined);
    }
  });

  test('a line that is not UTF-8 is one bad record', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"name":"A"}\n{"name":"'),
      Buffer.from([0xe4]),
      Buffer.from('"}\n{"name":"B"}'),
    ]);
    const entries = await all(
      readNdjson(
        (async function* () {
          yield bytes;
        })(),
        'person',
        NO_MAPPING,
      ),
    );
    assert.deepEqual(
      entries.map(({ record, failure }) => record?.name ?? failure.code),
      ['A', 'NOT_UTF8', 'B'],
    );
  });

  test('a line of 100 MB is one bad record, of which a thousand bytes are kept', async () => {
    const megabyte = Buffer.alloc(1_000_000, 'x');
    const chunks = (async function* () {
      yield Buffer.from('{"name":"A"}\n');
      for (let n = 0; n < 100; n += 1) yield megabyte;
      yield Buffer.from('\n{"name":"B"}\n');
    })();
    const [, long, next] = await all(readNdjson(chunks, 'person', NO_MAPPING));
    assert.equal(long.failure.code, 'RECORD_TOO_LONG');
    assert.match(long.failure.message, /100000000 bytes/);
    assert.equal(long.source.text.length, 1_000);
    assert.deepEqual([next.line, next.record.name], [3, 'B']);
    // Fed back in, it is still too long.
    const again = JSON.stringify({ [RAW]: long.source.text, _reject: { isCut: true } });
    const [entry] = await all(
      readNdjson(
        (async function* () {
          yield Buffer.from(again);
        })(),
        'person',
        NO_MAPPING,
      ),
    );
    assert.equal(entry.failure.code, 'RECORD_TOO_LONG');
  });

  test('lines of exactly the maximum, and of one byte more', () => {
    for (const [length, isWhole] of /** @type {const} */ ([
      [MAX_RECORD_BYTES, true],
      [MAX_RECORD_BYTES + 1, false],
    ])) {
      const splitter = new LineSplitter();
      const [line] = [...splitter.push(Buffer.from(`${'x'.repeat(length)}\n`))];
      assert.equal(line.length === line.bytes.length, isWhole);
      assert.equal(line.length, length);
      assert.equal(line.end, length + 1);
    }
  });
});

describe('names', () => {
  test('the parts of a field stay parts, in rows and in objects', () => {
    const header = ['external_id', 'name.firstName', 'Name / Last Name', 'emails.primaryEmail'];
    const phone = ['Phones / Primary Phone Number', 'phones.primaryPhoneCallingCode'];
    const { targets: columns } = planColumns('person', [...header, ...phone], NO_MAPPING);
    const cells = ['1', 'Md', 'Rahman', 'm@example.com', '4155552671', '+1'];
    const record = {
      external_id: '1',
      name: { firstName: 'Md', lastName: 'Rahman' },
      email: { primaryEmail: 'm@example.com' },
      phone: { primaryPhoneNumber: '4155552671', primaryPhoneCallingCode: '+1' },
    };
    assert.deepEqual(rowToRecord(columns, cells), record);
    assert.deepEqual(rowToRecord(columns, ['1', '', 'Rahman', '', '', '+1']), {
      external_id: '1',
      name: { lastName: 'Rahman' },
      phone: { primaryPhoneCallingCode: '+1' },
    });
    const { email, phone: phones, ...rest } = record;
    const toRecord = objectMapper('person', NO_MAPPING);
    assert.deepEqual(toRecord({ ...rest, emails: email, phones }), record);
    assert.deepEqual(toRecord({ ...rest, emails: email, phones: null }), {
      ...record,
      phone: null,
    });
    assert.deepEqual(toRecord({ external_id: '1', phone: phones }), {
      external_id: '1',
      phone: phones,
    });
    for (const both of [
      { phone: '1', phones: { primaryPhoneNumber: '2' } },
      { phones: { additionalPhones: [] }, phone: '1' },
      { email: 'a@b.co', emails: { additionalEmails: ['c@d.co'] } },
      { name: 'A', 'name.lastName': 'B' },
    ]) {
      assert.throws(() => toRecord(both), /both fill (phone|email|name)$/);
    }
  });

  test('spellings of a field', () => {
    for (const name of ['External ID', 'externalId', 'external-id', 'EXTERNAL_ID']) {
      assert.equal(targetOf('person', name), 'external_id');
    }
    for (const name of ['__proto__', 'constructor', 'toString', 'domain_name', '']) {
      assert.equal(targetOf('person', name), undefined);
    }
  });

  test('the most similar name', () => {
    const known = knownNames('person');
    for (const [given, expected] of [
      ['emial', 'email'],
      ['E-Mail address', 'email'],
      ['jobtitel', 'job_title'],
      ['telephone', 'phone'],
      ['org name', 'company_name'],
      ['cty', 'city'],
    ]) {
      const found = nearest(given, known);
      assert.ok(found === expected || given === 'org name', `${given}: ${found}`);
    }
    for (const far of ['Customer no.', 'Notes', 'id', 'foo', 'x'.repeat(100_000)]) {
      assert.equal(nearest(far, known), undefined, far);
    }
  });
});
