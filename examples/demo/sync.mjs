// One file into the CRM: records are read as a stream, and so are the results.
import { TwentyCrmErrorCode } from '../../index.mjs';
import { isDue } from './verdict.mjs';

/** @typedef {import('../../index.mjs').TwentyCrmError} TwentyCrmError */

/**
 * @typedef {object} Refusal
 * @property {number} line
 * @property {string} externalId
 * @property {TwentyCrmError} error
 */

/**
 * @typedef {object} Report
 * @property {number} read
 * @property {number} created
 * @property {number} updated
 * @property {number} unchanged
 * @property {Refusal[]} refused
 * @property {Map<string, string>} ids the CRM's id of each external id
 * @property {string[]} doubled what contradicts "one external id, one record"
 * @property {Set<string>} namedCompanies ids of companies that an accepted person names with `company_name`
 * @property {number} requests
 * @property {number} durationMs
 */

/** So many records fail for an unforeseen reason before the rest is not tried. */
const patience = 25;

/**
 * @param {AsyncIterable<any>} records
 * @param {(records: AsyncIterable<any>) => import('../../index.mjs').SyncRun<unknown>} start
 * @param {import('./verdict.mjs').Foreseen[]} foreseen
 * @returns {Promise<Report>}
 */
export async function syncFile(records, start, foreseen) {
  /** @type {Report} */
  const report = {
    ...{ read: 0, created: 0, updated: 0, unchanged: 0, requests: 0, durationMs: 0 },
    ...{ refused: [], ids: new Map(), doubled: [], namedCompanies: new Set() },
  };
  /** @type {Map<string, string>} */
  const owners = new Map();
  const due = new Map(foreseen.map((item) => [item.line, item]));
  let unforeseen = 0;
  /** Read, without a result so far. Results come in the order of the records. @type {any[]} */
  const waiting = [];
  async function* kept() {
    for await (const record of records) {
      waiting.push(record);
      yield record;
    }
  }
  const run = start(kept());
  for await (const result of run) {
    const record = waiting.shift();
    report.read += 1;
    if (result.status === 'failed') {
      const { error } = result;
      report.refused.push({ line: report.read, externalId: record.external_id, error });
      if (!isDue(due, report.read, error)) unforeseen += 1;
      // A key that is not accepted will not be accepted for the next record either.
      if (error.code === TwentyCrmErrorCode.AUTH_ERROR || unforeseen >= patience) throw error;
      continue;
    }
    if (result.status !== 'published') report[result.status] += 1;
    note(report, owners, result.externalId, result.id);
    if (record.company_external_id && record.company_name) {
      report.namedCompanies.add(record.company_external_id);
    }
  }
  const { requests, durationMs } = await run;
  return { ...report, requests, durationMs };
}

/**
 * @param {Report} report
 * @param {Map<string, string>} owners external id by the CRM's id
 * @param {string} externalId
 * @param {string} crmId
 */
function note(report, owners, externalId, crmId) {
  const before = report.ids.get(externalId);
  if (before !== undefined && before !== crmId) {
    report.doubled.push(`"${externalId}" is two records: ${before} and ${crmId}`);
  }
  const owner = owners.get(crmId);
  if (owner !== undefined && owner !== externalId) {
    report.doubled.push(`"${owner}" and "${externalId}" became one record, ${crmId}`);
  }
  report.ids.set(externalId, crmId);
  owners.set(crmId, externalId);
}
