import { types } from 'node:util';
import { invalid } from '../serialise.js';

/** Records of one chunk: the server's maximum for a batch. */
const CHUNK_RECORDS = 200;

/** Records in any form that a run accepts. */
export type Source = (Iterable<unknown> | AsyncIterable<unknown>) & {
  readonly length?: unknown;
  readonly size?: unknown;
  /** a stream's */
  destroy?(): unknown;
};

function sizeOf(inputs: Source) {
  const size = inputs.length ?? inputs.size;
  return Number.isInteger(size) ? (size as number) : undefined;
}

class ChunkReader {
  #inputs;
  #chunks;
  /** The caller's own iterator, if it is asynchronous. */
  #iterator: AsyncIterator<unknown> | undefined;
  #isAbandoned = false;

  constructor(inputs: Source) {
    this.#inputs = inputs;
    this.#chunks =
      typeof (inputs as Iterable<unknown>)[Symbol.iterator] === 'function'
        ? chunksOf(inputs as Iterable<unknown>)
        : this.#chunksAsTheyCome();
  }

  next() {
    return this.#chunks.next();
  }

  /** Stops reading; resolves once the input has closed. */
  async close() {
    await this.#chunks.return();
  }

  /**
   * Stops reading while a read is pending that may never end. Tries every way to stop the input: a generator's `return`
   * waits for its pending read, but a stream can be destroyed.
   */
  abandon() {
    this.#isAbandoned = true;
    inBackground(() => this.#chunks.return());
    inBackground(() => this.#iterator?.return?.());
    inBackground(() => this.#inputs.destroy?.());
  }

  /** A chunk of an AsyncIterable is complete when it is full or the input ends. */
  async *#chunksAsTheyCome(): AsyncGenerator<unknown[], void, undefined> {
    const source = {
      [Symbol.asyncIterator]: () => {
        const iterator = (this.#inputs as AsyncIterable<unknown>)[Symbol.asyncIterator]();
        this.#iterator = iterator;
        return iterator;
      },
    };
    let chunk: unknown[] = [];
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

/** Awaiting each record would cost more than processing it. */
async function* chunksOf(inputs: Iterable<unknown>): AsyncGenerator<unknown[], void, undefined> {
  let chunk: unknown[] = [];
  for (const input of inputs) {
    chunk.push(types.isPromise(input) ? await input : input);
    if (chunk.length === CHUNK_RECORDS) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** Runs `work` without waiting for it, and ignores failures. */
function inBackground(work: () => unknown) {
  void (async () => work())().catch(() => {});
}

function requireIterable(inputs: unknown): asserts inputs is Source {
  const isIterable =
    typeof inputs === 'object' &&
    inputs !== null &&
    (typeof (inputs as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function' ||
      typeof (inputs as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function');
  if (!isIterable) {
    throw invalid('inputs', 'inputs must be an Iterable or AsyncIterable of records');
  }
}

export { ChunkReader, requireIterable, sizeOf };
