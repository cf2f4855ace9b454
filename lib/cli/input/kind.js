'use strict';

const { inputFailure } = require('../failure.js');
const { BEGINNINGS, KINDS, ZIP } = require('../tables/file-kinds.js');

/** Byte order marks. */
const MARKS = ['\xef\xbb\xbf', '\xff\xfe', '\xfe\xff'];

/** So many bytes tell what a file is. */
const ENOUGH = 512;

/**
 * Passes a file's bytes on, unless its beginning says that it is of another kind.
 * @param {import('./bytes.js').Chunks} chunks
 * @param {string} name of the file
 * @returns {AsyncGenerator<Buffer, void, undefined>}
 */
async function* requireText(chunks, name) {
  /** @type {Buffer | undefined} */
  let head = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < ENOUGH && isOpen(head)) continue;
    refuseOthers(head, name);
    yield head;
    head = undefined;
  }
  if (head === undefined) return;
  refuseOthers(head, name);
  if (head.length > 0) yield head;
}

/** Whether what is there can still become one of the kinds: text of records mostly cannot. @param {Buffer} head */
function isOpen(head) {
  const text = plain(head);
  if (head.length < 3 || text.startsWith(ZIP)) return true;
  if (/^\s*<[^>]*$/.test(text)) return true;
  return BEGINNINGS.some((beginning) => beginning.startsWith(text.trimStart()));
}

/** One character a byte, without the marks and the NULs of UTF-16. @param {Buffer} head */
function plain(head) {
  const text = head.subarray(0, ENOUGH).toString('latin1');
  const mark = MARKS.find((one) => text.startsWith(one)) ?? '';
  const own = text.slice(mark.length);
  return own.startsWith('<\0') || own.startsWith('\0<') ? own.replaceAll('\0', '') : own;
}

/** @param {Buffer} head @param {string} name */
function refuseOthers(head, name) {
  const text = plain(head);
  const kind = KINDS.find(({ is }) => is(text));
  if (kind !== undefined) throw inputFailure(`${name} is ${kind.what}`, kind.advice);
}

module.exports = { requireText };
