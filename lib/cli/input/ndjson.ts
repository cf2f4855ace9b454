import { isUtf8 } from 'node:buffer';
import type { Unchecked } from '../../serialise.js';
import { messageOf } from '../../serialise.js';
import { inputFailure } from '../failure.js';
import type { Entity } from '../fields.js';
import { identifier } from '../ids.js';
import type { Mapping } from '../mapping.js';
import { objectMapper, REJECT_PREFIX } from '../mapping.js';
import { isObject } from '../object.js';
import { unknownNames } from '../unknown.js';
import type { Chunks } from './bytes.js';
import type { Entry } from './entry.js';
import { refused, toEntry } from './entry.js';
import type { Line } from './lines.js';
import { LineSplitter, MAX_RECORD_BYTES } from './lines.js';

/** A line that is not a record, in a rejects file. */
const RAW = `${REJECT_PREFIX}ed_line`;

/**
 * A line that is not a record becomes an entry with a failure. Blank lines are skipped.
 * @param chunks UTF-8
 * @returns throws for an unknown key in the first record
 */
async function* readNdjson(
  chunks: Chunks,
  entity: Entity,
  mapping: Mapping,
): AsyncGenerator<Entry, void, undefined> {
  const [mapped, identified] = [objectMapper(entity, mapping), identifier(mapping)];
  const toRecord = (object: Record<string, unknown>) => identified(mapped(object));
  const splitter = new LineSplitter();
  let isFirst = true;
  const entries = function* (lines: Iterable<Line>) {
    for (const line of lines) {
      if (isBlank(line.bytes)) continue;
      if (isFirst) refuseDocument(line.bytes);
      const entry = readLine(line, toRecord);
      if (isFirst) refuseUnknown(entry, entity);
      isFirst = false;
      yield entry;
    }
  };
  for await (const chunk of chunks) yield* entries(splitter.push(chunk));
  yield* entries(splitter.end());
}

/**
 * A list, or an object over several lines, would be refused line by line.
 * @param bytes of the first line
 */
function refuseDocument(bytes: Buffer) {
  if (!/^\s*(\[\s*(\{.*)?|\{\s*)$/s.test(bytes.toString())) return;
  throw inputFailure(
    'The input is JSON, but not one object a line',
    'jq converts it: jq -c ".[]" FILE for a list, jq -c . FILE for objects.',
  );
}

/** A misspelt key is probably wrong in every line, so it is reported before anything is sent. */
function refuseUnknown({ failure, source }: Entry, entity: Entity) {
  if (failure?.unknown === undefined || Object.hasOwn(source.json ?? {}, REJECT_PREFIX)) return;
  throw unknownNames(entity, 'key', failure.unknown.names, failure.unknown);
}

const isBlank = (bytes: Buffer) =>
  bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);

function readLine(
  { number, bytes, end, length }: Omit<Line, 'ending'>,
  toRecord: (object: Record<string, unknown>) => Record<string, unknown>,
): Entry {
  const place = { line: number, end };
  const text = bytes.toString();
  if (length > bytes.length) {
    return refused(place, { text, isCut: true }, tooLong(`has ${length} bytes, which is`));
  }
  const refuse = (code: string, message: string) => refused(place, { text }, { code, message });
  if (!isUtf8(bytes)) return refuse('NOT_UTF8', 'the line is not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse('NOT_JSON', `the line is not JSON: ${messageOf(error)}`);
  }
  if (!isObject(value)) return refuse('NOT_JSON', 'the line is JSON, but not an object');
  const { [RAW]: raw, [REJECT_PREFIX]: reason } = value;
  if (typeof raw !== 'string') return toEntry(place, { json: value }, () => toRecord(value));
  // A rejects file wraps a line that is not a record. Unwrap it once, so that feeding it back in does not wrap it
  // twice.
  if ((reason as Unchecked)?.isCut === true)
    return refused(place, { text: raw, isCut: true }, tooLong('was'));
  const again = Buffer.from(raw);
  return readLine({ number, bytes: again, end, length: again.length }, toRecord);
}

const tooLong = (how: string) => ({
  code: 'RECORD_TOO_LONG',
  message: `the line ${how} longer than ${MAX_RECORD_BYTES} bytes`,
});

export { RAW, readNdjson };
