'use strict';

const { knownColumns, planColumns } = require('../columns.js');
const { inputFailure } = require('../failure.js');
const { identifier } = require('../ids.js');
const { BadRecord, isReason, rowToRecord } = require('../mapping.js');
const { findPreset, hasSigns, offer } = require('../presets/index.js');
const { requireUtf8 } = require('./bytes.js');
const {
  Head,
  detectDelimiter,
  nameOfDelimiter,
  readDelimiter,
  roughCells,
} = require('./csv-head.js');
const { refused, toEntry } = require('./entry.js');
const { RecordSplitter } = require('./records.js');
const { plural, tidyName } = require('../text.js');

/**
 * @typedef {import('./entry.js').Entry} Entry
 * @typedef {import('./records.js').Found} Found
 *
 * @typedef {object} Row
 * @property {string[]} cells none where there is a problem
 * @property {string} text as it stands there
 * @property {string} [problem]
 * @property {number} line where it begins
 * @property {number} end
 *
 * @typedef {object} Opened
 * @property {string[]} header
 * @property {string} delimiter
 * @property {AsyncGenerator<Entry, void, undefined>} entries
 * @property {import('../columns.js').Columns['notes']} [notes]
 */

/**
 * @param {import('./bytes.js').Chunks} chunks UTF-8, or what passes for it
 * @param {import('../fields.js').Entity} entity
 * @param {import('../mapping.js').Mapping} mapping
 * @param {string | undefined} delimiter detected where it is not given
 * @param {number} [skipLines] lines above the header
 * @returns {Promise<Opened>}
 */
async function openCsv(chunks, entity, mapping, delimiter, skipLines = 0) {
  const head = new Head(requireUtf8(chunks));
  const { preset } = mapping;
  await head.read(skipLines, preset && ((line) => hasSigns(preset, roughCells(line, delimiter))));
  const chosen = delimiter ?? head.delimiter ?? detectDelimiter(head.line);
  const splitter = new RecordSplitter(chosen, head.terminator, head.before);
  if (/^\s*[[{]\s*["{]/.test(head.line)) {
    throw inputFailure(
      'The input is JSON, and is read as CSV',
      'For one JSON object a line, in whatever file: --format ndjson.',
    );
  }
  const rows = parse(head, splitter, chosen);
  const first = await rows.next();
  if (first.done) return { header: [], delimiter: chosen, entries: none() };
  const { cells: header, problem } = first.value;
  if (problem !== undefined) throw inputFailure(`The header cannot be read: ${problem}`);
  const columns = await planned(head, header, entity, mapping, chosen);
  splitter.isPatient = header.some(isReason);
  splitter.isRow = (line) => {
    const cells = line.split(chosen);
    return cells.length === header.length && (cells[columns.email] ?? '').includes('@');
  };
  const identified = identifier(mapping);
  /** @param {string[]} cells */
  const toRecord = (cells) =>
    identified(rowToRecord(columns.targets, columns.values(cells.map(withoutFormula))));
  const entries = toEntries(rows, header, columns, toRecord);
  return { header, delimiter: chosen, entries, notes: columns.notes };
}

/** @returns {AsyncGenerator<Entry, void, undefined>} */
async function* none() {}

/** An address stands in rows, and in no header. */
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/**
 * Why no column of a header is known, where it is not for their names.
 * @param {InstanceType<typeof Head>} head
 * @param {string} delimiter
 */
function whyUnknown({ before, line }, delimiter) {
  if (roughCells(line, delimiter).some((cell) => ADDRESS.test(cell))) {
    return inputFailure(
      `Line ${before + 1} is no header: an e-mail address stands there`,
      'Put a line with the names of the columns above the rows: external_id,name,email, for example.',
    );
  }
  const other = detectDelimiter(line);
  if (line.includes(delimiter) || !line.includes(other)) return undefined;
  const name = nameOfDelimiter(other);
  return inputFailure(
    `The header is one column: it looks divided by another character (${name})`,
    `Say so: --delimiter ${name}`,
  );
}

/**
 * A header that does not do may be a title, with the header some lines below it.
 * @param {InstanceType<typeof Head>} head
 * @param {readonly string[]} header
 * @param {import('../fields.js').Entity} entity
 * @param {import('../mapping.js').Mapping} mapping
 * @param {string} delimiter
 */
async function planned(head, header, entity, mapping, delimiter) {
  try {
    return planColumns(entity, header, mapping);
  } catch (error) {
    const lines = (await head.lines()).map((line) => roughCells(line));
    const known = lines.map((cells) => knownColumns(entity, cells, mapping));
    const presets = lines.map((cells) => findPreset(entity, cells));
    const below = presets.findIndex(
      (preset, n) => n > 0 && (preset !== undefined || known[n] > Math.max(1, known[0])),
    );
    if (below < 0) throw whyUnknown(head, delimiter) ?? error;
    if (presets[0] !== undefined) throw error;
    const line = head.before + below;
    const preset = presets[below];
    const more = preset && preset !== mapping.preset ? `\n${offer(preset)}` : '';
    throw inputFailure(
      `Line ${head.before + 1} is no header; line ${line + 1} looks like it`,
      `To read over what stands above it: --skip-lines ${line}${more}`,
    );
  }
}

/**
 * @param {InstanceType<typeof Head>} head
 * @param {InstanceType<typeof RecordSplitter>} splitter
 * @param {string} delimiter
 * @returns {AsyncGenerator<Row, void, undefined>} blank lines are left out, and the rows of nothing but delimiters that
 *   spreadsheets leave below their last
 */
async function* parse(head, splitter, delimiter) {
  let isHeader = true;
  /** @param {Iterable<Found>} records */
  const rowsOf = function* (records) {
    /** @type {Found[]} */
    const batch = [];
    for (const record of records) {
      batch.push(record);
      // What comes behind the header is cut by what the header says.
      if (isHeader) yield* withCells(batch.splice(0), delimiter);
      isHeader = false;
    }
    yield* withCells(batch, delimiter);
  };
  yield* rowsOf(splitter.push(head.bytes));
  for await (const chunk of head.rest) yield* rowsOf(splitter.push(chunk));
  yield* rowsOf(splitter.end());
}

/**
 * @param {Found[]} records
 * @param {string} delimiter
 * @returns {Generator<Row, void, undefined>}
 */
function* withCells(records, delimiter) {
  const { parse: parseText } = require('csv-parse/sync');
  const good = records.filter(({ problem }) => problem === undefined);
  /** @type {string[][]} */
  const parsed = parseText(good.map(({ text }) => `${text}${END_OF_RECORD}`).join(''), {
    delimiter,
    record_delimiter: END_OF_RECORD,
    // A bad row is one bad record: cells are counted here, and a quotation mark in the middle of a cell is text.
    relax_column_count: true,
    relax_quotes: true,
  });
  if (parsed.length !== good.length) throw new Error(`${parsed.length} rows of ${good.length}`);
  const rows = parsed.values();
  for (const record of records) {
    const isGood = record.problem === undefined;
    const cells = (isGood && rows.next().value) || [];
    if (!isGood || cells.some(isFilled)) yield { ...record, cells };
  }
}

/**
 * `="00123"` is how programs keep a spreadsheet from taking a text for a number.
 * @param {string} cell
 */
function withoutFormula(cell) {
  if (!cell.startsWith('="') || !cell.endsWith('"') || cell.length < 3) return cell;
  const text = cell.slice(2, -1);
  return /^([^"]|"")*$/.test(text) ? text.replaceAll('""', '"') : cell;
}

/** @param {string | undefined} cell */
const isFilled = (cell) => cell !== undefined && cell.trim() !== '';

/** Between records; a line end that stands in a cell does not end a record then. */
const END_OF_RECORD = '\r\n';

/**
 * @param {AsyncIterable<Row>} rows
 * @param {string[]} header
 * @param {import('../columns.js').Columns} columns
 * @param {(cells: string[]) => Record<string, unknown>} toRecord throws {@link BadRecord}
 * @returns {AsyncGenerator<Entry, void, undefined>}
 */
async function* toEntries(rows, header, columns, toRecord) {
  const nameless = header.flatMap((name, index) => (tidyName(name) === '' ? [index] : []));
  /** @param {Row} row @param {string} [cut] why it is no row of its own */
  const entryOf = (row, cut) => {
    const { cells, text, problem } = row;
    if (problem !== undefined) {
      return refused(row, { text }, { code: 'WRONG_QUOTES', message: problem });
    }
    return toEntry(row, { cells }, () => {
      if (cut !== undefined) throw wrongCount(cells, header, cut);
      checkCells(cells, header, columns.least, nameless);
      return toRecord(cells);
    });
  };
  /** @type {Row | undefined} a short row, until the next one shows whether it goes on there */
  let short;
  for await (const row of rows) {
    if (short !== undefined && isRest(row, short, header, columns)) {
      yield entryOf(short, `, and line ${row.line} looks like the rest of it`);
      yield entryOf(row, `, and it looks like the rest of line ${short.line}`);
      short = undefined;
      continue;
    }
    if (short !== undefined) yield entryOf(short);
    short = row.problem === undefined && row.cells.length < header.length ? row : undefined;
    if (short === undefined) yield entryOf(row);
  }
  if (short !== undefined) yield entryOf(short);
}

/**
 * @param {string[]} cells
 * @param {string[]} header
 * @param {number} least
 * @param {number[]} nameless
 */
function checkCells(cells, header, least, nameless) {
  const isLong = cells.slice(header.length).some(isFilled);
  if (cells.length < least || isLong) throw wrongCount(cells, header, '');
  const filled = nameless.find((index) => isFilled(cells[index]));
  if (filled !== undefined) {
    throw new BadRecord('', `column ${filled + 1} has a value and no name`, 'WRONG_COLUMN_COUNT');
  }
}

/**
 * Whether a row is what a line end outside of quotes has cut off the one before it.
 * @param {Row} row
 * @param {Row} before that has too few cells
 * @param {string[]} header
 * @param {import('../columns.js').Columns} columns
 */
function isRest({ cells, problem }, before, header, columns) {
  if (problem !== undefined || before.cells.length + cells.length - 1 !== header.length)
    return false;
  const email = cells[columns.email];
  return cells.length < columns.least || (isFilled(email) && !email.includes('@'));
}

/** @param {string[]} cells @param {string[]} header @param {string} more */
const wrongCount = (cells, header, more) =>
  new BadRecord(
    '',
    `the row has ${plural(cells.length, 'cell')}, the header ${header.length}${more}`,
    'WRONG_COLUMN_COUNT',
  );

module.exports = { detectDelimiter, openCsv, readDelimiter };
