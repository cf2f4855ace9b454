import { once } from 'node:events';
import { constants, createReadStream, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import * as path from 'node:path';
import type { Readable } from 'node:stream';
import { inputFailure, usageFailure, whyUnreadable } from '../failure.js';
import type { Entity } from '../fields.js';
import type { Mapping } from '../mapping.js';
import type { Columns } from '../presets/columns.js';
import { toUtf8 } from './bytes.js';
import { openCsv, readDelimiter } from './csv.js';
import type { Entry } from './entry.js';
import { requireText } from './kind.js';
import { readNdjson } from './ndjson.js';

type Format = 'csv' | 'ndjson';

const EXTENSIONS: Record<string, Format> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.tab': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

interface InputOptions {
  format?: Format;
  delimiter?: string;
  encoding?: string;
  /** lines above the header of a CSV file */
  skipLines?: number;
  preset?: string;
}

export interface Input {
  /** for display */
  name: string;
  format: Format;
  /** CSV only */
  header?: string[];
  /** CSV only */
  delimiter?: string;
  entries: AsyncGenerator<Entry, void, undefined>;
  /** columns that a preset leaves out */
  notes?: Columns['notes'];
  /** whether the input's size is known */
  hasSize: boolean;
  /** whether a file made of its records begins with a byte order mark; known only after reading */
  needsMark: () => boolean;
  /** the share of the input before an entry's end, 0 to 1 */
  fractionAt: (end: number) => number;
  /** stops reading */
  close: () => void;
}

/**
 * @param file `-` for standard input
 * @param signal closes it, even while the first bytes are awaited
 */
async function openInput(
  file: string,
  entity: Entity,
  mapping: Mapping,
  options: InputOptions,
  stdin: NodeJS.ReadableStream,
  signal: AbortSignal,
): Promise<Input> {
  const format = readFormat(file, options.format);
  const delimiter = delimiterOf(file, format, options.delimiter);
  if (format !== 'csv' && options.skipLines !== undefined) {
    throw usageFailure(
      '--skip-lines works only with CSV',
      'In NDJSON, use --from-line to skip lines.',
    );
  }
  if (format !== 'csv' && options.preset !== undefined)
    throw usageFailure('--preset works only with CSV');
  requireEncoding(options.encoding);
  const { stream, size } = file === '-' ? { stream: stdin, size: 0 } : await openFile(file);
  const meter = { read: 0, decoded: 0, needsMark: false };
  const readable = stream as Readable;
  signal.addEventListener('abort', () => readable.destroy());
  const name = file === '-' ? 'standard input' : file;
  const chunks = toUtf8(requireText(readable, name), options.encoding, meter);
  const input = {
    name,
    format,
    hasSize: size > 0,
    needsMark: () => meter.needsMark,
    fractionAt: (end: number) =>
      size === 0 || meter.decoded === 0
        ? 0
        : Math.min(1, ((end / meter.decoded) * meter.read) / size),
    close: () => void readable.destroy(),
  };
  if (format === 'ndjson') return { ...input, entries: readNdjson(chunks, entity, mapping) };
  try {
    return { ...input, ...(await openCsv(chunks, entity, mapping, delimiter, options.skipLines)) };
  } catch (error) {
    input.close();
    throw error;
  }
}

function readFormat(file: string, given: Format | undefined) {
  const format = given ?? EXTENSIONS[path.extname(file).toLowerCase()];
  if (format !== undefined) return format;
  if (file === '-') throw usageFailure('For standard input, pass --format csv or --format ndjson');
  if (/\.(xls[xmb]?|ods|numbers)$/i.test(file)) {
    throw usageFailure(
      `${file} is a workbook`,
      'Save its sheet as CSV (UTF-8) and give that file.',
    );
  }
  throw usageFailure(
    `The name of ${file} does not tell its format`,
    'Pass --format csv or --format ndjson (one JSON object a line).',
  );
}

function delimiterOf(file: string, format: Format, given: string | undefined) {
  if (given === undefined) return /\.(tsv|tab)$/i.test(file) ? '\t' : undefined;
  if (format !== 'csv') throw usageFailure('--delimiter works only with CSV');
  const delimiter = readDelimiter(given);
  if (delimiter !== undefined) return delimiter;
  throw usageFailure(
    `--delimiter ${given} is not valid: give one character, or comma, semicolon, tab or pipe`,
  );
}

function requireEncoding(encoding: string | undefined) {
  if (encoding === undefined) return;
  try {
    new TextDecoder(encoding);
  } catch {
    throw usageFailure(
      `--encoding ${encoding} is not known`,
      'Common ones: utf-8, utf-16le, windows-1252, iso-8859-2, shift_jis.',
    );
  }
}

async function openFile(file: string) {
  try {
    const info = await stat(file);
    if (info.isDirectory()) throw new Error('it is a directory');
    if (info.isFIFO()) return { stream: openPipe(file), size: 0 };
    const stream = createReadStream(file, { highWaterMark: 262_144 });
    await once(stream, 'open');
    return { stream, size: info.isFile() ? info.size : 0 };
  } catch (error) {
    throw inputFailure(`${file} cannot be read: ${whyUnreadable(error)}`);
  }
}

/** A named pipe. Opened as a file, it would block a thread that nothing can stop until the pipe is written to. */
function openPipe(file: string) {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

export { openInput };
