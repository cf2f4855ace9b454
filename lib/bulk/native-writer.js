'use strict';

const { call, dispatcher } = require('../dispatcher.js');
const { plainRecordsToJson, recordToJson } = require('../serialise.js');
const { failed } = require('./result.js');

/**
 * @typedef {import('./run.js').Result} Result
 * @typedef {import('./run.js').Tally} Tally
 * @typedef {import('./run.js').Writer} Writer
 */

/** Characters of one chunk: a batch may have 10 MB, and non-ASCII text takes up to three bytes each. */
const CHUNK_CHARACTERS = 3_000_000;

/**
 * The writer that hands chunks to the core.
 * @param {import('../../native.js').BulkRun} run
 * @param {'person' | 'company'} entity
 * @param {import('../../index.js').AbortSignalLike | undefined} signal
 * @returns {Writer}
 */
function nativeWriter(run, entity, signal) {
  let lastNumber = -1;
  /** @param {string} json @param {boolean} wantsResults */
  const send = (json, wantsResults) => {
    lastNumber += 1;
    const number = lastNumber;
    return call((_, id) => run.chunk(dispatcher, id, number, json, wantsResults), signal);
  };
  return {
    entity,
    requests: () => run.requests(),
    async write(records) {
      /** @type {(Result | undefined)[]} */
      const results = records.map(() => undefined);
      const parts = toParts(entity, records, (place, error) => {
        results[place] = failed(records[place], error);
      });
      await Promise.all(
        parts.map(async ({ json, places }) => {
          const answer = await send(json, true);
          if (answer.ok) {
            const answers = JSON.parse(answer.text);
            for (const [at, place] of places.entries()) results[place] = answers[at];
          } else {
            for (const place of places) results[place] = failed(records[place], answer.error);
          }
        }),
      );
      return /** @type {Result[]} */ (results);
    },
    async count(records) {
      /** @type {Tally} */
      const tally = {
        ...{ created: 0, updated: 0, unchanged: 0, failed: 0 },
        failuresByCode: {},
        warnings: [],
      };
      /** @param {string} code @param {number} records */
      const fail = (code, records) => {
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
          /** @type {Tally} */
          const part = JSON.parse(answer.text);
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
 * @param {'person' | 'company'} entity
 * @param {unknown[]} records
 * @param {(place: number, error: unknown) => void} refuse Hears of records that cannot be written as JSON.
 * @returns {{ json: string, places: number[] }[]} `places`: which of the records a part holds
 */
function toParts(entity, records, refuse) {
  const whole = plainRecordsToJson(records);
  if (whole !== undefined && whole.length <= CHUNK_CHARACTERS) {
    return [{ json: whole, places: records.map((_, place) => place) }];
  }
  /** @type {{ json: string, places: number[] }[]} */
  const parts = [];
  /** @type {number[]} */
  let places = [];
  /** @type {string[]} */
  let texts = [];
  let characters = 0;
  const endPart = () => {
    if (texts.length > 0) parts.push({ json: `[${texts.join()}]`, places });
    texts = [];
    places = [];
    characters = 0;
  };
  for (const [place, record] of records.entries()) {
    let text;
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

module.exports = { nativeWriter };
