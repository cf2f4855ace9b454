// Newline-delimited JSON, read as a stream: a file of any size takes the memory of a few records.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/**
 * The records of a file, one a line.
 * @param {URL} file
 * @param {number} [limit] records at most
 * @returns {AsyncGenerator<any, void>}
 */
export async function* readRecords(file, limit = Number.POSITIVE_INFINITY) {
  const input = createReadStream(file, 'utf8');
  try {
    let line = 0;
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line >= limit) return;
      line += 1;
      try {
        yield JSON.parse(text);
      } catch (cause) {
        throw new Error(`${file.pathname}, line ${line}, is not JSON`, { cause });
      }
    }
  } finally {
    input.destroy();
  }
}

/**
 * How many records {@link readRecords} gives, for the progress bar.
 * @param {URL} file
 * @param {number} [limit]
 */
export async function countRecords(file, limit) {
  let count = 0;
  for await (const _ of readRecords(file, limit)) count += 1;
  return count;
}
