import { NEWLINE } from './bytes.js';

const RETURN = 0x0d;

/** Bytes of one record, at most: many are in memory at once. */
const MAX_RECORD_BYTES = 262_144;

/** Bytes that are kept of a longer line. */
const KEPT_BYTES = 1_000;

export interface Line {
  /** from 1 */
  number: number;
  /** without the line end */
  bytes: Buffer;
  /** the line end; empty at the end of the input */
  ending: string;
  /** offset after the line */
  end: number;
  /** in bytes; larger than `bytes` if the line was too long to keep */
  length: number;
}

/** Holds one line of at most {@link MAX_RECORD_BYTES} in memory. */
class LineSplitter {
  #number = 0;
  #offset = 0;
  /** pieces of the current line */
  #pieces: Buffer[] = [];
  #length = 0;
  #terminator;

  /** @param terminator the byte that ends a line */
  constructor(terminator: number = NEWLINE) {
    this.#terminator = terminator;
  }

  /** The number of the current line, if it is already too long. */
  get overlong() {
    return this.#length > MAX_RECORD_BYTES ? this.#number + 1 : undefined;
  }

  *push(chunk: Buffer): Generator<Line, void, undefined> {
    let start = 0;
    while (start < chunk.length) {
      const newline = chunk.indexOf(this.#terminator, start);
      if (newline < 0) {
        this.#keep(chunk.subarray(start));
        return;
      }
      this.#keep(chunk.subarray(start, newline));
      this.#offset += 1;
      start = newline + 1;
      yield this.#take(String.fromCharCode(this.#terminator));
    }
  }

  /** @returns the text after the last line end */
  *end(): Generator<Line, void, undefined> {
    if (this.#length > 0) yield this.#take('');
  }

  #keep(piece: Buffer) {
    this.#offset += piece.length;
    const wasTooLong = this.#length > MAX_RECORD_BYTES;
    this.#length += piece.length;
    if (wasTooLong) return;
    this.#pieces.push(piece);
    if (this.#length > MAX_RECORD_BYTES) {
      // A slice would keep the whole chunk in memory.
      this.#pieces = [Buffer.from(Buffer.concat(this.#pieces).subarray(0, KEPT_BYTES))];
    }
  }

  #take(ending: string) {
    const bytes = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    const isWhole = this.#length <= MAX_RECORD_BYTES;
    const hasReturn = isWhole && bytes.at(-1) === RETURN;
    this.#number += 1;
    const line = {
      number: this.#number,
      bytes: hasReturn ? bytes.subarray(0, -1) : bytes,
      ending: hasReturn ? `\r${ending}` : ending,
      end: this.#offset,
      length: hasReturn ? this.#length - 1 : this.#length,
    };
    this.#pieces = [];
    this.#length = 0;
    return line;
  }
}

export { LineSplitter, MAX_RECORD_BYTES, RETURN };
