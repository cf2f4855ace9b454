'use strict';

const { isPromise } = require('node:util').types;
const { invalid } = require('../serialise.js');

/** Records of one chunk: the server's own maximum for a batch. */
const CHUNK_RECORDS = 200;

/** @param {any} inputs */
function sizeOf(inputs) {
  const size = inputs.length ?? inputs.size;
  return Number.isInteger(size) ? size : undefined;
}

class ChunkReader {
  #inputs;
  #chunks;
  /** @type {any} The caller's own iterator, where it is asynchronous. */
  #iterator;
  #isAbandoned = false;

  /** @param {any} inputs */
  constructor(inputs) {
    this.#inputs = inputs;
    this.#chunks =
      typeof inputs[Symbol.iterator] === 'function' ? chunksOf(inputs) : this.#chunksAsTheyCome();
  }

  next() {
    return this.#chunks.next();
  }

  /** Nothing more is read; resolves once the input has closed. */
  async close() {
    await this.#chunks.return();
  }

  /**
   * Nothing more is read, although a record is waited for that may never come. The input is told in every way there is:
   * the end of a generator stands in line behind its next record, a stream can be ended.
   */
  abandon() {
    this.#isAbandoned = true;
    inBackground(() => this.#chunks.return());
    inBackground(() => this.#iterator?.return?.());
    inBackground(() => this.#inputs.destroy?.());
  }

  /** A chunk of an AsyncIterable is complete when it is full or the input ends. */
  async *#chunksAsTheyCome() {
    const source = {
      [Symbol.asyncIterator]: () => {
        this.#iterator = this.#inputs[Symbol.asyncIterator]();
        return this.#iterator;
      },
    };
    /** @type {unknown[]} */
    let chunk = [];
    for await (const input of source) {
      if (this.#isAbandoned) return;
      chunk.push(input);
      if (chunk.length === CHUNK_RECORDS) {
        yield chunk;
        chunk = [];
      }
    }
    if (chunk.length > 0) yield chunk;
  }
}

/**
 * An await for each record would cost more than the record itself.
 * @param {Iterable<unknown>} inputs
 * @returns {AsyncGenerator<unknown[], void, undefined>}
 */
async function* chunksOf(inputs) {
  /** @type {unknown[]} */
  let chunk = [];
  for (const input of inputs) {
    chunk.push(isPromise(input) ? await input : input);
    if (chunk.length === CHUNK_RECORDS) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** Whatever comes of it, nobody waits for it. @param {() => unknown} work */
function inBackground(work) {
  void (async () => work())().catch(() => {});
}

/** @param {any} inputs */
function requireIterable(inputs) {
  const isIterable =
    typeof inputs === 'object' &&
    inputs !== null &&
    (typeof inputs[Symbol.iterator] === 'function' ||
      typeof inputs[Symbol.asyncIterator] === 'function');
  if (!isIterable) {
    throw invalid('inputs', 'inputs must be an Iterable or AsyncIterable of records');
  }
}

module.exports = { ChunkReader, requireIterable, sizeOf };
