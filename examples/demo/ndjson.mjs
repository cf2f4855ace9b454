// Newline-delimited JSON, read as a stream: a file of any size takes the memory of a few records.
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * The records of a file, each with its line number. Blank lines are passed over.
 * @param {string} file
 * @param {number} [limit] records at most
 * @returns {AsyncGenerator<{ line: number, record: any }, void>}
 */
export async function* readRecords(file, limit = Number.POSITIVE_INFINITY) {
  const input = createReadStream(file, 'utf8');
  try {
    let line = 0;
    let count = 0;
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (count >= limit) return;
      line += 1;
      if (text.trim() === '') continue;
      count += 1;
      yield { line, record: parse(text, file, line) };
    }
  } finally {
    input.destroy();
  }
}

/**
 * @param {string} text
 * @param {string} file
 * @param {number} line
 */
function parse(text, file, line) {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${basename(file)}, line ${line}, is not JSON`, { cause });
  }
}

/**
 * How many records {@link readRecords} gives, for the progress bar.
 * @param {string} file
 * @param {number} [limit]
 */
export async function countRecords(file, limit) {
  let count = 0;
  for await (const _ of readRecords(file, limit)) count += 1;
  return count;
}
