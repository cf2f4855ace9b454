'use strict';

const { invalid } = require('../serialise.js');

/** Records of one chunk: the server's own maximum for a batch. */
const CHUNK_RECORDS = 200;

/** @param {any} inputs */
function sizeOf(inputs) {
  const size = inputs.length ?? inputs.size;
  return Number.isInteger(size) ? size : undefined;
}

/**
 * Chunks of at most 200 records. A chunk of an AsyncIterable is complete when it is full or the input ends.
 * @param {any} inputs
 * @returns {AsyncGenerator<unknown[], void, undefined>}
 */
async function* readChunks(inputs) {
  /** @type {unknown[]} */
  let chunk = [];
  if (typeof inputs[Symbol.iterator] === 'function') {
    // Without an await for each record, which would cost more than the record itself.
    for (const input of inputs) {
      chunk.push(input);
      if (chunk.length === CHUNK_RECORDS) {
        yield chunk;
        chunk = [];
      }
    }
  } else {
    for await (const input of inputs) {
      chunk.push(input);
      if (chunk.length === CHUNK_RECORDS) {
        yield chunk;
        chunk = [];
      }
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** @param {any} inputs */
function requireIterable(inputs) {
  const isIterable =
    typeof inputs === 'object' &&
    inputs !== null &&
    (typeof inputs[Symbol.iterator] === 'function' ||
      typeof inputs[Symbol.asyncIterator] === 'function');
  if (!isIterable) {
    throw invalid('inputs', 'inputs must be an Iterable or AsyncIterable of records', undefined);
  }
}

module.exports = { readChunks, requireIterable, sizeOf };
