import { inputFailure } from '../failure.js';
import { KINDS } from '../tables/file-kinds.js';
import type { Chunks } from './bytes.js';

const ENOUGH = 512;

/** Byte order marks, one character a byte. */
const MARK = /^(\xef\xbb\xbf|\xff\xfe|\xfe\xff)/;

/** @param name of the file */
async function* requireText(chunks: Chunks, name: string): AsyncGenerator<Buffer, void, undefined> {
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

function plain(head: Buffer) {
  const text = head.subarray(0, ENOUGH).toString('latin1').replace(MARK, '');
  return /^\0?<\0?/.test(text) ? text.replaceAll('\0', '') : text;
}

function textOf(head: Buffer, name: string) {
  const text = plain(head);
  const kind = KINDS.find(({ is }) => is(text));
  if (kind === undefined) return head;
  throw inputFailure(`${name} is ${kind.what}`, kind.advice);
}

export { requireText };
