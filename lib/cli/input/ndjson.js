'use strict';

const { isUtf8 } = require('node:buffer');
const { inputFailure } = require('../failure.js');
const { identifier } = require('../ids.js');
const { REJECT_PREFIX, objectMapper } = require('../mapping.js');
const { isObject } = require('../object.js');
const { unknownNames } = require('../unknown.js');
const { refused, toEntry } = require('./entry.js');
const { LineSplitter, MAX_RECORD_BYTES } = require('./lines.js');

/** The text of a line that is no record, in a rejects file. */
const RAW = `${REJECT_PREFIX}ed_line`;

/** @typedef {import('./entry.js').Entry} Entry */

/**
 * A line that is no record is an entry with a failure. Blank lines are read over.
 * @param {import('./bytes.js').Chunks} chunks UTF-8
 * @param {import('../fields.js').Entity} entity
 * @param {import('../mapping.js').Mapping} mapping
 * @returns {AsyncGenerator<Entry, void, undefined>} throws for a key of the first record that nothing is known of
 */
async function* readNdjson(chunks, entity, mapping) {
  const [mapped, identified] = [objectMapper(entity, mapping), identifier(mapping)];
  /** @param {Record<string, unknown>} object */
  const toRecord = (object) => identified(mapped(object));
  const splitter = new LineSplitter();
  let isFirst = true;
  /** @param {Iterable<import('./lines.js').Line>} lines */
  const entries = function* (lines) {
    for (const line of lines) {
      if (isBlank(line.bytes)) continue;
      if (isFirst) refuseDocument(line.bytes);
      const entry = readLine(line, toRecord);
      if (isFirst) refuseUnknown(entry, entity);
      isFirst = false;
      yield entry;
    }
  };
  for await (const chunk of chunks) yield* entries(splitter.push(chunk));
  yield* entries(splitter.end());
}

/**
 * Lists, and objects over several lines, would be refused line by line.
 * @param {Buffer} bytes of the first line
 */
function refuseDocument(bytes) {
  if (!/^\s*(\[\s*(\{.*)?|\{\s*)$/s.test(bytes.toString())) return;
  throw inputFailure(
    'The input is JSON, but not one object a line',
    'jq makes lines of it: jq -c ".[]" FILE of a list, jq -c . FILE of objects.',
  );
}

/**
 * A misspelt key would be wrong in every line: that is said before anything is sent.
 * @param {Entry} entry
 * @param {import('../fields.js').Entity} entity
 */
function refuseUnknown({ failure, source }, entity) {
  if (failure?.unknown === undefined || Object.hasOwn(source.json, REJECT_PREFIX)) return;
  throw unknownNames(entity, 'key', failure.unknown.names, failure.unknown);
}

/** @param {Buffer} bytes */
const isBlank = (bytes) => bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

/**
 * @param {Omit<import('./lines.js').Line, 'ending'>} line
 * @param {(object: Record<string, unknown>) => Record<string, unknown>} toRecord
 */
function readLine({ number, bytes, end, length }, toRecord) {
  const place = { line: number, end };
  const text = bytes.toString();
  if (length > bytes.length) {
    return refused(place, { text, isCut: true }, tooLong(`has ${length} bytes, which is`));
  }
  /** @param {string} code @param {string} message */
  const refuse = (code, message) => refused(place, { text }, { code, message });
  if (!isUtf8(bytes)) return refuse('NOT_UTF8', 'the line is not UTF-8');
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse('NOT_JSON', `the line is not JSON: ${error.message}`);
  }
  if (!isObject(value)) return refuse('NOT_JSON', 'the line is JSON, but not an object');
  const { [RAW]: raw, [REJECT_PREFIX]: reason } = /** @type {any} */ (value);
  if (typeof raw !== 'string') return toEntry(place, { json: value }, () => toRecord(value));
  // A line of a rejects file that stands for one which was no record: however often it is wrapped, one wrapping comes out.
  if (reason?.isCut === true) return refused(place, { text: raw, isCut: true }, tooLong('was'));
  const again = Buffer.from(raw);
  return readLine({ number, bytes: again, end, length: again.length }, toRecord);
}

/** @param {string} how */
const tooLong = (how) => ({
  code: 'RECORD_TOO_LONG',
  message: `the line ${how} longer than ${MAX_RECORD_BYTES} bytes`,
});

module.exports = { RAW, readNdjson };
