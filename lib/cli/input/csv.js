'use strict';

const { inputFailure } = require('../failure.js');
const { BadRecord, planColumns, rowToRecord } = require('../mapping.js');
const { NEWLINE, requireUtf8 } = require('./bytes.js');
const { plural } = require('../text.js');
const { MAX_RECORD_BYTES } = require('./lines.js');

/** @typedef {import('./ndjson.js').Entry} Entry */

const RETURN = 0x0d;

/** Bytes in which the first line has to end. */
const MAX_HEADER_BYTES = 65_536;

const DELIMITERS = [',', ';', '\t', '|'];

/** Names for what is hard to type in a shell. */
const NAMED_DELIMITERS = new Map([
  ['comma', ','],
  ['semicolon', ';'],
  ['tab', '\t'],
  ['\\t', '\t'],
  ['pipe', '|'],
]);

/** @param {string} text @returns {string | undefined} */
const readDelimiter = (text) =>
  NAMED_DELIMITERS.get(text) ?? (/^[^\s"\p{L}\p{N}]$|^\t$/u.test(text) ? text : undefined);

/**
 * The delimiter that the first line has most of, outside of quotes; a comma where it has none.
 * @param {string} line
 */
function detectDelimiter(line) {
  const counts = new Map(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let isQuoted = false;
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted;
    const count = counts.get(character);
    if (!isQuoted && count !== undefined) counts.set(character, count + 1);
  }
  let best = ',';
  for (const [delimiter, count] of counts) {
    if (count > /** @type {number} */ (counts.get(best))) best = delimiter;
  }
  return best;
}

/**
 * A CSV file: its header, read and checked, and its rows as a stream.
 * @param {import('./bytes.js').Chunks} chunks UTF-8, or what passes for it
 * @param {import('../fields.js').Entity} entity
 * @param {import('../mapping.js').Mapping} mapping
 * @param {string | undefined} delimiter detected where it is not given
 * @returns {Promise<{ header: string[], delimiter: string, entries: AsyncGenerator<Entry, void, undefined> }>}
 */
async function openCsv(chunks, entity, mapping, delimiter) {
  const bytes = requireUtf8(chunks);
  const { head, rest, hint, lines, line } = await readHead(bytes);
  const chosen = delimiter ?? hint ?? detectDelimiter(line);
  const rows = parse(head, rest, chosen, lines);
  const first = await rows.next();
  if (first.done) return { header: [], delimiter: chosen, entries: none() };
  const header = first.value.cells;
  const columns = planColumns(entity, header, mapping);
  return { header, delimiter: chosen, entries: toEntries(rows, header, columns) };
}

/** @returns {AsyncGenerator<Entry, void, undefined>} */
async function* none() {}

/**
 * The beginning of the file, up to the end of its first line. Excel begins files with a line of its own: `sep=;`.
 * @param {AsyncGenerator<Buffer, void, undefined>} bytes
 */
async function readHead(bytes) {
  let head = Buffer.alloc(0);
  let isAtEnd = false;
  while (!isAtEnd && head.length < MAX_HEADER_BYTES && !endsLine(head)) {
    const { done, value } = await bytes.next();
    if (done) isAtEnd = true;
    else head = Buffer.concat([head, value]);
  }
  const text = head.toString();
  const sep = SEPARATOR_LINE.exec(text);
  if (sep === null) return { head, rest: bytes, hint: undefined, lines: 0, line: firstLine(text) };
  return { head: head.subarray(sep[0].length), rest: bytes, hint: sep[1], lines: 1, line: '' };
}

const SEPARATOR_LINE = /^sep=(.)\r?\n/i;

/** Whether the header is there, and how it ends: one character more tells. @param {Buffer} head */
function endsLine(head) {
  const text = head.toString().replace(SEPARATOR_LINE, '');
  return firstLine(text).length + 1 < text.length;
}

/** Up to the first line's end that is not within quotes. @param {string} text */
function firstLine(text) {
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (text[at] === '\n' || text[at] === '\r')) return text.slice(0, at);
  }
  return text;
}

/**
 * @typedef {object} Row
 * @property {string[]} cells
 * @property {number} line where it begins
 * @property {number} end
 */

/**
 * @param {Buffer} head
 * @param {AsyncIterable<Buffer>} rest
 * @param {string} delimiter
 * @param {number} lines that stand before the head
 * @returns {AsyncGenerator<Row, void, undefined>} blank lines are left out, and the rows of nothing but delimiters that
 *   spreadsheets leave below their last
 */
async function* parse(head, rest, delimiter, lines) {
  const { parse: createParser } = require('csv-parse');
  /** @type {{ cells: string[], end: number }[]} */
  const parsed = [];
  const hasReturns = usesReturns(head);
  const parser = createParser({
    delimiter,
    // Taken here, and not as a stream, which drops what it holds when there is an error behind it.
    on_record: (cells, { bytes }) => {
      parsed.push({ cells, end: bytes });
      return null;
    },
    max_record_size: MAX_RECORD_BYTES,
    record_delimiter: hasReturns ? '\r' : ['\r\n', '\n'],
    // How many cells a row has is checked here, so that a bad row is one bad record; and a quotation mark in the middle
    // of a cell is one.
    relax_column_count: true,
    relax_quotes: true,
  });
  parser.on('error', () => {});
  let line = lines + 1;
  /** @param {(done: (error?: Error | null) => void) => void} step */
  const rowsOf = async function* (step) {
    /** @type {unknown} */
    let failure;
    try {
      await /** @type {Promise<void>} */ (
        new Promise((resolve, reject) => step((error) => (error ? reject(error) : resolve())))
      );
    } catch (error) {
      failure = error;
    }
    const { length } = parsed;
    for (const { cells, end } of parsed.splice(0, length)) {
      const start = line;
      line += 1;
      for (const cell of cells) line += countNewlines(cell);
      if (cells.some((cell) => cell.trim() !== '')) yield { cells, line: start, end };
    }
    if (failure !== undefined) throw csvFailure(failure, line);
  };
  yield* rowsOf((done) => parser.write(head, done));
  let last = head.at(-1);
  /** @type {unknown} */
  let broken;
  try {
    for await (const chunk of rest) {
      last = chunk.at(-1);
      yield* rowsOf((done) => parser.write(chunk, done));
    }
  } catch (error) {
    if (parser.errored) throw error;
    broken = error;
  }
  if (broken === undefined) {
    yield* rowsOf((done) => parser.end(done));
    return;
  }
  // The parser may hold a whole record still; what comes behind the last line's end is half of one, and looks whole.
  const isCut = last !== (hasReturns ? RETURN : NEWLINE);
  yield* rowsOf((done) => {
    parser.end((/** @type {Error | null | undefined} */ error) => {
      if (isCut && !error) parsed.pop();
      done();
    });
  });
  throw broken;
}

/** Whether lines end as they did on old Macs. @param {Buffer} head */
function usesReturns(head) {
  const text = head.toString();
  const end = firstLine(text).length;
  return text[end] === '\r' && text[end + 1] !== '\n';
}

/** @param {string} cell */
function countNewlines(cell) {
  let count = 0;
  for (let at = cell.indexOf('\n'); at >= 0; at = cell.indexOf('\n', at + 1)) count += 1;
  return count;
}

/**
 * @param {any} error
 * @param {number} line where the record begins that cannot be read
 */
function csvFailure(error, line) {
  if (error?.code === 'CSV_QUOTE_NOT_CLOSED') {
    return inputFailure(
      `Line ${line}: a quotation mark opens a cell there, and nothing closes it`,
      'Close it, or write it twice where it belongs to the text.',
    );
  }
  if (error?.code === 'CSV_MAX_RECORD_SIZE') {
    return inputFailure(
      `Line ${line}: the record that begins there has more than ${MAX_RECORD_BYTES} bytes`,
      'A quotation mark that is never closed looks like this, too.',
    );
  }
  return typeof error?.code === 'string' && error.code.startsWith('CSV_')
    ? inputFailure(`Line ${line}: ${error.message}`)
    : error;
}

/**
 * @param {AsyncIterable<Row>} rows
 * @param {string[]} header
 * @param {(string | undefined)[]} columns
 * @returns {AsyncGenerator<Entry, void, undefined>}
 */
async function* toEntries(rows, header, columns) {
  const nameless = header.flatMap((name, index) => (name.trim() === '' ? [index] : []));
  for await (const { cells, line, end } of rows) {
    try {
      checkCells(cells, header, nameless);
      yield { line, end, record: rowToRecord(columns, cells), source: { cells } };
    } catch (error) {
      if (!(error instanceof BadRecord)) throw error;
      const { code, field, message } = error;
      yield { line, end, failure: { code, field, message }, source: { cells } };
    }
  }
}

/** @param {string[]} cells @param {string[]} header @param {number[]} nameless */
function checkCells(cells, header, nameless) {
  const isLong = cells.slice(header.length).some((cell) => cell.trim() !== '');
  if (cells.length < header.length || isLong) {
    throw new BadRecord(
      '',
      `the row has ${plural(cells.length, 'cell')}, the header ${header.length}`,
      'WRONG_COLUMN_COUNT',
    );
  }
  const filled = nameless.find((index) => cells[index].trim() !== '');
  if (filled !== undefined) {
    throw new BadRecord('', `column ${filled + 1} has a value and no name`, 'WRONG_COLUMN_COUNT');
  }
}

module.exports = { detectDelimiter, openCsv, readDelimiter };
