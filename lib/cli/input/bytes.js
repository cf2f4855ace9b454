'use strict';

const { isUtf8 } = require('node:buffer');
const { inputFailure } = require('../failure.js');

const NEWLINE = 0x0a;

/**
 * @typedef {AsyncIterable<Buffer>} Chunks
 * @typedef {object} Meter how far the reading is
 * @property {number} read bytes of the file
 * @property {number} decoded bytes of UTF-8 made of them
 * @property {boolean} needsMark whether a file like this one, written in UTF-8, has to say so to be read by the same
 *   program with the same options
 */

/**
 * The input as UTF-8. A mark of UTF-16 decides where no encoding is named.
 * @param {Chunks} chunks
 * @param {string | undefined} encoding a label of the Encoding Standard
 * @param {Meter} meter
 * @returns {AsyncGenerator<Buffer, void, undefined>}
 */
async function* toUtf8(chunks, encoding, meter) {
  /** @type {InstanceType<typeof TextDecoder> | null | undefined} null for UTF-8, which stays as it is */
  let decoder;
  let isFirst = true;
  let lines = 0;
  /** @type {Buffer} */
  let head = Buffer.alloc(0);
  /** @param {Buffer} bytes @param {boolean} isLast */
  const convert = (bytes, isLast) => {
    let result = bytes;
    if (decoder) {
      try {
        result = Buffer.from(decoder.decode(bytes, { stream: !isLast }));
      } catch {
        throw inputFailure(
          `The input is not ${decoder.encoding} (after line ${lines + 1})`,
          'Name its encoding with --encoding.',
        );
      }
      lines += countNewlines(result, result.length);
    }
    meter.decoded += result.length;
    return result;
  };
  for await (const chunk of chunks) {
    meter.read += chunk.length;
    if (isFirst) {
      head = Buffer.concat([head, chunk]);
      if (head.length < 3) continue;
      isFirst = false;
      ({ decoder, head, needsMark: meter.needsMark } = choose(head, encoding));
      yield convert(head, false);
    } else yield convert(chunk, false);
  }
  if (isFirst) ({ decoder, head, needsMark: meter.needsMark } = choose(head, encoding));
  const rest = convert(isFirst ? head : Buffer.alloc(0), true);
  if (rest.length > 0) yield rest;
}

/**
 * @param {Buffer} head
 * @param {string | undefined} encoding
 */
function choose(head, encoding) {
  if (head.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) {
    return { decoder: null, head: head.subarray(3), needsMark: true };
  }
  const mark = head.subarray(0, 2).toString('hex');
  if (encoding === undefined) refuseUnmarked(head);
  const label = mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : encoding;
  if (label === undefined || /^utf-?8$/i.test(label))
    return { decoder: null, head, needsMark: false };
  return { decoder: new TextDecoder(label, { fatal: true }), head, needsMark: true };
}

/**
 * Text that begins with ASCII has a NUL in every second byte where it is UTF-16.
 * @param {Buffer} head
 */
function refuseUnmarked([first, second]) {
  if (second === undefined || (first === 0) === (second === 0)) return;
  throw inputFailure(
    'The input is UTF-16 without a byte order mark: every second byte is NUL',
    `Name its encoding: --encoding ${second === 0 ? 'utf-16le' : 'utf-16be'}.`,
  );
}

/**
 * Passes UTF-8 on, however the chunks are cut; throws at the first byte that is none, with the line.
 * @param {Chunks} chunks
 * @returns {AsyncGenerator<Buffer, void, undefined>}
 */
async function* requireUtf8(chunks) {
  let lines = 0;
  /** @type {Buffer} */
  let carry = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = carry.length > 0 ? Buffer.concat([carry, chunk]) : chunk;
    const end = bytes.length - incompleteTail(bytes);
    const whole = bytes.subarray(0, end);
    const good = lengthOfUtf8(whole);
    lines += countNewlines(whole, good);
    if (good > 0) yield whole.subarray(0, good);
    if (good < whole.length) throw encodingFailure(lines + 1);
    carry = bytes.subarray(end);
  }
  if (carry.length > 0) throw encodingFailure(lines + 1);
}

/** @param {number} line */
const encodingFailure = (line) =>
  inputFailure(
    `Line ${line} is not UTF-8`,
    'Save the file as UTF-8, or name its encoding: --encoding windows-1252 for what Excel calls CSV in Western Europe.',
  );

/** How many bytes from the beginning on are UTF-8. @param {Buffer} bytes */
function lengthOfUtf8(bytes) {
  if (isUtf8(bytes)) return bytes.length;
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(NEWLINE, start) + 1;
    if (end === 0 || !isUtf8(bytes.subarray(start, end))) break;
    start = end;
  }
  while (start < bytes.length) {
    const end = start + lengthOfCharacter(bytes[start]);
    if (end > bytes.length || !isUtf8(bytes.subarray(start, end))) break;
    start = end;
  }
  return start;
}

/** @param {number} first byte */
const lengthOfCharacter = (first) =>
  first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;

/** Bytes at the end that begin a character whose rest is still to come. @param {Buffer} bytes */
function incompleteTail(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) {
      const length = lengthOfCharacter(byte);
      return length > back ? back : 0;
    }
  }
  return 0;
}

/** @param {Buffer} bytes @param {number} end */
function countNewlines(bytes, end) {
  let count = 0;
  let at = bytes.indexOf(NEWLINE);
  while (at >= 0 && at < end) {
    count += 1;
    at = bytes.indexOf(NEWLINE, at + 1);
  }
  return count;
}

module.exports = { NEWLINE, requireUtf8, toUtf8 };
