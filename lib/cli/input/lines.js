'use strict';

const { NEWLINE } = require('./bytes.js');

const RETURN = 0x0d;

/** Bytes of one record; many may be in memory at once. */
const MAX_RECORD_BYTES = 262_144;

/** Bytes that are kept of a line that is longer. */
const KEPT_BYTES = 1_000;

/**
 * @typedef {object} Line
 * @property {number} number from 1
 * @property {Buffer} bytes without the line's end
 * @property {string} ending what ends the line; empty where the input ends in it
 * @property {number} end offset behind the line
 * @property {number} length in bytes; where it is more than `bytes` has, the line was too long to be kept
 */

/** Holds one line of at most {@link MAX_RECORD_BYTES} in memory. */
class LineSplitter {
  #number = 0;
  #offset = 0;
  /** @type {Buffer[]} pieces of the line that has begun */
  #pieces = [];
  #length = 0;
  #terminator;

  /** @param {number} [terminator] the byte that ends a line */
  constructor(terminator = NEWLINE) {
    this.#terminator = terminator;
  }

  /** The number of a line that has begun and is too long already. */
  get overlong() {
    return this.#length > MAX_RECORD_BYTES ? this.#number + 1 : undefined;
  }

  /**
   * @param {Buffer} chunk
   * @returns {Generator<Line, void, undefined>}
   */
  *push(chunk) {
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

  /** @returns {Generator<Line, void, undefined>} what stands behind the last line's end */
  *end() {
    if (this.#length > 0) yield this.#take('');
  }

  /** @param {Buffer} piece */
  #keep(piece) {
    this.#offset += piece.length;
    const wasTooLong = this.#length > MAX_RECORD_BYTES;
    this.#length += piece.length;
    if (wasTooLong) return;
    this.#pieces.push(piece);
    if (this.#length > MAX_RECORD_BYTES) {
      // A slice would keep the whole chunk alive.
      this.#pieces = [Buffer.from(Buffer.concat(this.#pieces).subarray(0, KEPT_BYTES))];
    }
  }

  /** @param {string} ending */
  #take(ending) {
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

module.exports = { LineSplitter, MAX_RECORD_BYTES, RETURN };
