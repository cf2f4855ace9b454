'use strict';

const { isUtf8 } = require('node:buffer');
const { inputFailure } = require('../failure.js');
const { identifier } = require('../ids.js');
const { BadRecord, REJECT_PREFIX, isObject, objectMapper } = require('../mapping.js');
const { unknownNames } = require('../unknown.js');
const { LineSplitter, MAX_RECORD_BYTES } = require('./lines.js');

/** The text of a line that is no record, in a rejects file. */
const RAW = `${REJECT_PREFIX}ed_line`;

/**
 * @typedef {import('../mapping.js').RecordFailure} RecordFailure
 *
 * @typedef {object} Entry one record of the input
 * @property {number} line where it begins, from 1
 * @property {number} end offset behind it, in bytes of UTF-8
 * @property {Record<string, unknown>} [record] what is to be sent
 * @property {RecordFailure} [failure] why nothing is
 * @property {any} source as it was read, for the rejects: cells, a JSON value, or text
 */

/**
 * Newline-delimited JSON, read as a stream. A line that is no record is an entry with a failure. Blank lines are read over.
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
 * A file of one JSON list, or of objects over several lines, would be refused line by line.
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
 * A misspelt key would be wrong in every line: that is said before anything is sent, unless it was said already.
 * @param {Entry} entry
 * @param {import('../fields.js').Entity} entity
 */
function refuseUnknown({ failure, source }, entity) {
  if (failure?.code !== 'UNKNOWN_FIELD' || Object.hasOwn(source.json, REJECT_PREFIX)) return;
  throw unknownNames(entity, 'key', [String(failure.field)]);
}

/** @param {Buffer} bytes */
const isBlank = (bytes) => bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

/**
 * @param {import('./lines.js').Line} line
 * @param {(object: Record<string, unknown>) => Record<string, unknown>} toRecord
 * @returns {Entry}
 */
function readLine({ number, bytes, end, length }, toRecord) {
  const place = { line: number, end };
  if (length > bytes.length) {
    return {
      ...place,
      failure: tooLong(length),
      source: { text: bytes.toString(), isCut: true },
    };
  }
  if (!isUtf8(bytes)) {
    const failure = { code: 'NOT_UTF8', message: 'the line is not UTF-8' };
    return { ...place, failure, source: { text: bytes.toString() } };
  }
  const text = bytes.toString();
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const failure = { code: 'NOT_JSON', message: `the line is not JSON: ${error.message}` };
    return { ...place, failure, source: { text } };
  }
  if (!isObject(value)) {
    const failure = { code: 'NOT_JSON', message: 'the line is JSON, but not an object' };
    return { ...place, failure, source: { text } };
  }
  if (typeof value[RAW] === 'string') return again(value, place, toRecord);
  const source = { json: value };
  try {
    return { ...place, record: toRecord(value), source };
  } catch (error) {
    if (!(error instanceof BadRecord)) throw error;
    const { code, field, message } = error;
    return { ...place, failure: { code, field, message }, source };
  }
}

/**
 * A line of a rejects file that stands for a line which was no record.
 * @param {Record<string, any>} value
 * @param {{ line: number, end: number }} place
 * @param {(object: Record<string, unknown>) => Record<string, unknown>} toRecord
 * @returns {Entry}
 */
function again(value, place, toRecord) {
  const text = value[RAW];
  const bytes = Buffer.from(text);
  const isCut = value[REJECT_PREFIX]?.isCut === true;
  if (isCut) return { ...place, failure: tooLong(undefined), source: { text, isCut } };
  const line = { number: place.line, bytes, ending: '', end: place.end, length: bytes.length };
  const entry = readLine(line, toRecord);
  // However often it is wrapped, one wrapping comes out.
  return entry;
}

/** @param {number | undefined} length @returns {RecordFailure} */
const tooLong = (length) => ({
  code: 'RECORD_TOO_LONG',
  message: `the line ${length === undefined ? 'was' : `has ${length} bytes, which is`} longer than ${MAX_RECORD_BYTES} bytes`,
});

module.exports = { RAW, readNdjson };
