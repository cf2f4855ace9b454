import { parse as parseText } from '../../../vendor/third-party.js';
import { knownColumns, planColumns } from '../columns.js';
import { inputFailure } from '../failure.js';
import type { Entity } from '../fields.js';
import { identifier } from '../ids.js';
import type { Mapping } from '../mapping.js';
import { BadRecord, isReason, rowToRecord } from '../mapping.js';
import type { Columns } from '../presets/columns.js';
import { findPreset, hasSigns, offer } from '../presets/index.js';
import { plural, tidyName } from '../text.js';
import type { Chunks } from './bytes.js';
import { requireUtf8 } from './bytes.js';
import { detectDelimiter, Head, nameOfDelimiter, readDelimiter, roughCells } from './csv-head.js';
import type { Entry } from './entry.js';
import { refused, toEntry } from './entry.js';
import type { Found } from './records.js';
import { RecordSplitter } from './records.js';

interface Row {
  /** empty if there is a problem */
  cells: string[];
  /** as in the file */
  text: string;
  problem?: string;
  /** line in which it begins */
  line: number;
  end: number;
}

interface Opened {
  header: string[];
  delimiter: string;
  entries: AsyncGenerator<Entry, void, undefined>;
  notes?: Columns['notes'];
}

/**
 * @param chunks UTF-8, or text read as it
 * @param delimiter detected if not given
 * @param skipLines lines above the header
 */
async function openCsv(
  chunks: Chunks,
  entity: Entity,
  mapping: Mapping,
  delimiter: string | undefined,
  skipLines: number = 0,
): Promise<Opened> {
  const head = new Head(requireUtf8(chunks));
  const { preset } = mapping;
  await head.read(skipLines, preset && ((line) => hasSigns(preset, roughCells(line, delimiter))));
  const chosen = delimiter ?? head.delimiter ?? detectDelimiter(head.line);
  const splitter = new RecordSplitter(chosen, head.terminator, head.before);
  if (/^\s*[[{]\s*["{]/.test(head.line)) {
    throw inputFailure(
      'The input is JSON, but is read as CSV',
      'For one JSON object a line, in a file of any name: --format ndjson.',
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
  const toRecord = (cells: string[]) =>
    identified(rowToRecord(columns.targets, columns.values(cells.map(withoutFormula))));
  const entries = toEntries(rows, header, columns, toRecord);
  return { header, delimiter: chosen, entries, notes: columns.notes };
}

async function* none(): AsyncGenerator<Entry, void, undefined> {}

/** E-mail addresses are in rows, never in a header. */
const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Why no column of a header is known, if the names are not the reason. */
function whyUnknown({ before, line }: InstanceType<typeof Head>, delimiter: string) {
  if (roughCells(line, delimiter).some((cell) => ADDRESS.test(cell))) {
    return inputFailure(
      `Line ${before + 1} is not a header: it contains an e-mail address`,
      'Put a line with the column names above the rows, for example: external_id,name,email.',
    );
  }
  const other = detectDelimiter(line);
  if (line.includes(delimiter) || !line.includes(other)) return undefined;
  const name = nameOfDelimiter(other);
  return inputFailure(
    `The header has one column: it looks as if another character divides it (${name})`,
    `Name the delimiter: --delimiter ${name}`,
  );
}

/** An unusable header may be a title, with the header some lines below it. */
async function planned(
  head: InstanceType<typeof Head>,
  header: readonly string[],
  entity: Entity,
  mapping: Mapping,
  delimiter: string,
) {
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
      `Line ${head.before + 1} is not a header; line ${line + 1} looks like one`,
      `To skip what is above it: --skip-lines ${line}${more}`,
    );
  }
}

/** @returns rows without blank lines and without rows of bare delimiters, which spreadsheets add at the end */
async function* parse(
  head: InstanceType<typeof Head>,
  splitter: InstanceType<typeof RecordSplitter>,
  delimiter: string,
): AsyncGenerator<Row, void, undefined> {
  let isHeader = true;
  const rowsOf = function* (records: Iterable<Found>) {
    const batch: Found[] = [];
    for (const record of records) {
      batch.push(record);
      // From here on the header decides how the input is cut.
      if (isHeader) yield* withCells(batch.splice(0), delimiter);
      isHeader = false;
    }
    yield* withCells(batch, delimiter);
  };
  yield* rowsOf(splitter.push(head.bytes));
  for await (const chunk of head.rest) yield* rowsOf(splitter.push(chunk));
  yield* rowsOf(splitter.end());
}

function* withCells(records: Found[], delimiter: string): Generator<Row, void, undefined> {
  const good = records.filter(({ problem }) => problem === undefined);
  const parsed: string[][] = parseText(good.map(({ text }) => `${text}${END_OF_RECORD}`).join(''), {
    delimiter,
    record_delimiter: END_OF_RECORD,
    // A bad row is one bad record, not an error of the file: cells are counted here, and a quotation mark inside a cell
    // is text.
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

/** `="00123"` keeps a spreadsheet from reading text as a number. */
function withoutFormula(cell: string) {
  if (!cell.startsWith('="') || !cell.endsWith('"') || cell.length < 3) return cell;
  const text = cell.slice(2, -1);
  return /^([^"]|"")*$/.test(text) ? text.replaceAll('""', '"') : cell;
}

const isFilled = (cell: string | undefined) => cell !== undefined && cell.trim() !== '';

/** A separator of our own between records, so that a line end in a cell does not end a record. */
const END_OF_RECORD = '\r\n';

/** @param toRecord throws {@link BadRecord} */
async function* toEntries(
  rows: AsyncIterable<Row>,
  header: string[],
  columns: Columns,
  toRecord: (cells: string[]) => Record<string, unknown>,
): AsyncGenerator<Entry, void, undefined> {
  const nameless = header.flatMap((name, index) => (tidyName(name) === '' ? [index] : []));
  /** @param cut why it is only part of a row */
  const entryOf = (row: Row, cut?: string) => {
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
  /** a short row, kept until the next one shows whether it continues */
  let short: Row | undefined;
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

function checkCells(cells: string[], header: string[], least: number, nameless: number[]) {
  const isLong = cells.slice(header.length).some(isFilled);
  if (cells.length < least || isLong) throw wrongCount(cells, header, '');
  const filled = nameless.find((index) => isFilled(cells[index]));
  if (filled !== undefined) {
    throw new BadRecord('', `column ${filled + 1} has a value but no name`, 'WRONG_COLUMN_COUNT');
  }
}

/**
 * Whether a row is the rest of the row before it, cut off by a line end outside quotes.
 * @param before a row with too few cells
 */
function isRest({ cells, problem }: Row, before: Row, header: string[], columns: Columns) {
  if (problem !== undefined || before.cells.length + cells.length - 1 !== header.length)
    return false;
  const email = cells[columns.email];
  return cells.length < columns.least || (isFilled(email) && !email.includes('@'));
}

const wrongCount = (cells: string[], header: string[], more: string) =>
  new BadRecord(
    '',
    `the row has ${plural(cells.length, 'cell')}, but the header has ${header.length}${more}`,
    'WRONG_COLUMN_COUNT',
  );

export { detectDelimiter, openCsv, readDelimiter };
