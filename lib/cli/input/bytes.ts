import { isUtf8 } from 'node:buffer';
import { inputFailure } from '../failure.js';

const NEWLINE = 0x0a;

export type Chunks = AsyncIterable<Buffer>;

/** the reading position */
interface Meter {
  /** bytes of the file */
  read: number;
  /** bytes of UTF-8 decoded from them */
  decoded: number;
  /** whether a rejects file, written in UTF-8, must begin with a mark so that the same command reads it correctly */
  needsMark: boolean;
}

/**
 * The input as UTF-8. Without a named encoding, a UTF-16 byte order mark decides.
 * @param encoding a label of the Encoding Standard
 */
async function* toUtf8(
  chunks: Chunks,
  encoding: string | undefined,
  meter: Meter,
): AsyncGenerator<Buffer, void, undefined> {
  /** null for UTF-8, which is passed on unchanged */
  let decoder: InstanceType<typeof TextDecoder> | null | undefined;
  let isFirst = true;
  let lines = 0;
  let head: Buffer = Buffer.alloc(0);
  const convert = (bytes: Buffer, isLast: boolean) => {
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

function choose(head: Buffer, encoding: string | undefined) {
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

/** In UTF-16, text that begins with ASCII has a NUL in every second byte. */
function refuseUnmarked([first, second]: Buffer) {
  if (second === undefined || (first === 0) === (second === 0)) return;
  throw inputFailure(
    'The input is UTF-16 without a byte order mark: every second byte is NUL',
    `Name its encoding: --encoding ${second === 0 ? 'utf-16le' : 'utf-16be'}.`,
  );
}

/** Passes UTF-8 on, however the chunks are cut. Throws at the first invalid byte, with its line. */
async function* requireUtf8(chunks: Chunks): AsyncGenerator<Buffer, void, undefined> {
  let lines = 0;
  let carry: Buffer = Buffer.alloc(0);
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

const encodingFailure = (line: number) =>
  inputFailure(
    `Line ${line} is not UTF-8`,
    'Save the file as UTF-8, or name its encoding: Excel writes windows-1252 (--encoding windows-1252) in Western Europe.',
  );

/** Length of the valid UTF-8 at the beginning. */
function lengthOfUtf8(bytes: Buffer) {
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

/** @param first byte */
const lengthOfCharacter = (first: number) =>
  first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;

/** Trailing bytes that begin a character whose rest is still to come. */
function incompleteTail(bytes: Buffer) {
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

function countNewlines(bytes: Buffer, end: number) {
  let count = 0;
  let at = bytes.indexOf(NEWLINE);
  while (at >= 0 && at < end) {
    count += 1;
    at = bytes.indexOf(NEWLINE, at + 1);
  }
  return count;
}

export { NEWLINE, requireUtf8, toUtf8 };
