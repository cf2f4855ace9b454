import type { AbortSignalLike } from '../../index.js';
import type { BulkRun } from '../../native.js';
import { call, dispatcher } from '../dispatcher.js';
import { plainRecordsToJson, recordToJson } from '../serialise.js';
import { failed } from './result.js';
import type { Result, Tally, Writer } from './run.js';

/** Characters of one chunk: a batch may have 10 MB, and a non-ASCII character takes up to three bytes. */
const CHUNK_CHARACTERS = 3_000_000;

/** The writer that hands chunks to the core. */
function nativeWriter<T>(
  run: BulkRun,
  entity: 'person' | 'company',
  signal: AbortSignalLike | undefined,
): Writer<T> {
  let lastNumber = -1;
  const send = (json: string, wantsResults: boolean) => {
    lastNumber += 1;
    const number = lastNumber;
    return call((_, id) => run.chunk(dispatcher, id, number, json, wantsResults), signal);
  };
  return {
    entity,
    requests: () => run.requests(),
    stop: () => run.stop(),
    async write(records) {
      const results: (Result<T> | undefined)[] = records.map(() => undefined);
      const parts = toParts(entity, records, (place, error) => {
        results[place] = failed(records[place], error);
      });
      await Promise.all(
        parts.map(async ({ json, places }) => {
          const answer = await send(json, true);
          if (answer.ok) {
            const answers: Result<T>[] = JSON.parse(answer.text);
            for (const [at, place] of places.entries()) results[place] = answers[at];
          } else {
            for (const place of places) results[place] = failed(records[place], answer.error);
          }
        }),
      );
      return results as Result<T>[];
    },
    async count(records) {
      const tally: Tally = {
        ...{ created: 0, updated: 0, unchanged: 0, failed: 0 },
        failuresByCode: {},
        warnings: [],
      };
      const fail = (code: string, records: number) => {
        tally.failuresByCode[code] = (tally.failuresByCode[code] ?? 0) + records;
      };
      const parts = toParts(entity, records, (place, error) => {
        tally.failed += 1;
        fail(failed(records[place], error).error.code, 1);
      });
      await Promise.all(
        parts.map(async ({ json, places }) => {
          const answer = await send(json, false);
          if (!answer.ok) {
            tally.failed += places.length;
            fail(answer.error.code, places.length);
            return;
          }
          const part: Tally = JSON.parse(answer.text);
          tally.created += part.created;
          tally.updated += part.updated;
          tally.unchanged += part.unchanged;
          tally.failed += part.failed;
          for (const [code, number] of Object.entries(part.failuresByCode)) fail(code, number);
          tally.warnings.push(...part.warnings);
        }),
      );
      return tally;
    },
  };
}

/**
 * @param refuse called for each record that cannot be written as JSON
 * @returns `places`: the indexes of the records in each part
 */
function toParts(
  entity: 'person' | 'company',
  records: unknown[],
  refuse: (place: number, error: unknown) => void,
): { json: string; places: number[] }[] {
  const whole = plainRecordsToJson(records);
  if (whole !== undefined && whole.length <= CHUNK_CHARACTERS) {
    return [{ json: whole, places: records.map((_, place) => place) }];
  }
  const parts: { json: string; places: number[] }[] = [];
  let places: number[] = [];
  let texts: string[] = [];
  let characters = 0;
  const endPart = () => {
    if (texts.length > 0) parts.push({ json: `[${texts.join()}]`, places });
    texts = [];
    places = [];
    characters = 0;
  };
  for (const [place, record] of records.entries()) {
    let text: string;
    try {
      text = recordToJson(entity, record);
    } catch (error) {
      refuse(place, error);
      continue;
    }
    if (characters + text.length > CHUNK_CHARACTERS) endPart();
    texts.push(text);
    places.push(place);
    characters += text.length;
  }
  endPart();
  return parts;
}

export { nativeWriter };
