'use strict';

const { inputFailure } = require('../failure.js');
const { KINDS } = require('../tables/file-kinds.js');

const ENOUGH = 512;

/** Byte order marks, one character a byte. */
const MARK = /^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/;

/**
 * @param {import('./bytes.js').Chunks} chunks
 * @param {string} name of the file
 * @returns {AsyncGenerator<Buffer, void, undefined>}
 */
async function* requireText(chunks, name) {
  let head = Buffer.alloc(0);
  let isKnown = false;
  for await (const chunk of chunks) {
    if (isKnown) yield chunk;
    else {
      head = Buffer.concat([head, chunk]);
      isKnown = head.length >= ENOUGH || /\S.*[\r\n]/.test(plain(head));
      if (isKnown) yield textOf(head, name);
    }
  }
  if (!isKnown && head.length > 0) yield textOf(head, name);
}

/** @param {Buffer} head */
function plain(head) {
  const text = head.subarray(0, ENOUGH).toString('latin1').replace(MARK, '');
  return /^\0?<\0?/.test(text) ? text.replaceAll('\0', '') : text;
}

/** @param {Buffer} head @param {string} name */
function textOf(head, name) {
  const text = plain(head);
  const kind = KINDS.find(({ is }) => is(text));
  if (kind === undefined) return head;
  throw inputFailure(`${name} is ${kind.what}`, kind.advice);
}

module.exports = { requireText };
