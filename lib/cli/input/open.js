'use strict';

const { once } = require('node:events');
const { constants, createReadStream, openSync } = require('node:fs');
const { stat } = require('node:fs/promises');
const { Socket } = require('node:net');
const path = require('node:path');
const { inputFailure, usageFailure, whyUnreadable } = require('../failure.js');
const { toUtf8 } = require('./bytes.js');
const { openCsv, readDelimiter } = require('./csv.js');
const { requireText } = require('./kind.js');
const { readNdjson } = require('./ndjson.js');

/** @typedef {'csv' | 'ndjson'} Format */

/** @type {Record<string, Format>} */
const EXTENSIONS = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.tab': 'csv',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

/**
 * @typedef {object} InputOptions
 * @property {Format} [format]
 * @property {string} [delimiter]
 * @property {string} [encoding]
 * @property {number} [skipLines] lines above the header of a CSV file
 * @property {string} [preset]
 *
 * @typedef {object} Input
 * @property {string} name for people
 * @property {Format} format
 * @property {string[]} [header] of a CSV file
 * @property {string} [delimiter] of a CSV file
 * @property {AsyncGenerator<import('./entry.js').Entry, void, undefined>} entries
 * @property {import('../columns.js').Columns['notes']} [notes] what a preset leaves out
 * @property {boolean} hasSize whether it is known how much there is to read
 * @property {() => boolean} needsMark whether a file made of its records begins with a byte order mark, known once they
 *   are read
 * @property {(end: number) => number} fractionAt how much of the input lies before an entry's end, 0 to 1
 * @property {() => void} close nothing more is read
 */

/**
 * @param {string} file `-` for standard input
 * @param {import('../fields.js').Entity} entity
 * @param {import('../mapping.js').Mapping} mapping
 * @param {InputOptions} options
 * @param {NodeJS.ReadableStream} stdin
 * @param {AbortSignal} signal closes it, also while its beginning is waited for
 * @returns {Promise<Input>}
 */
async function openInput(file, entity, mapping, options, stdin, signal) {
  const format = readFormat(file, options.format);
  const delimiter = delimiterOf(file, format, options.delimiter);
  if (format !== 'csv' && options.skipLines !== undefined) {
    throw usageFailure('--skip-lines is for CSV', 'In NDJSON, --from-line reads over lines.');
  }
  if (format !== 'csv' && options.preset !== undefined) throw usageFailure('--preset is for CSV');
  requireEncoding(options.encoding);
  const { stream, size } = file === '-' ? { stream: stdin, size: 0 } : await openFile(file);
  const meter = { read: 0, decoded: 0, needsMark: false };
  const readable = /** @type {import('node:stream').Readable} */ (stream);
  signal.addEventListener('abort', () => readable.destroy());
  const name = file === '-' ? 'standard input' : file;
  const chunks = toUtf8(requireText(readable, name), options.encoding, meter);
  const input = {
    name,
    format,
    hasSize: size > 0,
    needsMark: () => meter.needsMark,
    /** @param {number} end */
    fractionAt: (end) =>
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

/** @param {string} file @param {Format | undefined} given */
function readFormat(file, given) {
  const format = given ?? EXTENSIONS[path.extname(file).toLowerCase()];
  if (format !== undefined) return format;
  if (file === '-') throw usageFailure('Standard input needs --format csv or --format ndjson');
  if (/\.(xls[xmb]?|ods|numbers)$/i.test(file)) {
    throw usageFailure(
      `${file} is a workbook`,
      'Save its sheet as CSV (UTF-8), and give that file.',
    );
  }
  throw usageFailure(
    `${file}: its name does not tell what it is`,
    'Say --format csv or --format ndjson (one JSON object a line).',
  );
}

/** @param {string} file @param {Format} format @param {string | undefined} given */
function delimiterOf(file, format, given) {
  if (given === undefined) return /\.(tsv|tab)$/i.test(file) ? '\t' : undefined;
  if (format !== 'csv') throw usageFailure('--delimiter is for CSV');
  const delimiter = readDelimiter(given);
  if (delimiter !== undefined) return delimiter;
  throw usageFailure(`--delimiter ${given}: give one character, or comma, semicolon, tab or pipe`);
}

/** @param {string | undefined} encoding */
function requireEncoding(encoding) {
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

/** @param {string} file */
async function openFile(file) {
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

/**
 * A named pipe. As a file it would be read by a thread that nothing can stop while the pipe gives nothing.
 * @param {string} file
 */
function openPipe(file) {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}

module.exports = { openInput };
