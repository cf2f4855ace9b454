// One file into the CRM: records are read as a stream, and a bounded number of upserts is under way at once.
import { isTwentyCrmError, TwentyCrmErrorCode } from '../../index.mjs';
import { readRecords } from './ndjson.mjs';

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
 * @property {Refusal[]} refused
 * @property {Map<string, string>} ids the CRM's id of each external id
 * @property {string[]} doubled what contradicts "one external id, one record"
 * @property {Set<string>} namedCompanies ids of companies that an accepted person names with `company_name`
 * @property {number} durationMs
 */

/** So many records fail for an unforeseen reason before the rest is not tried. */
const patience = 25;

/**
 * @param {object} job
 * @param {string} job.file
 * @param {number} [job.limit] records at most
 * @param {number} job.concurrency
 * @param {(record: any) => Promise<import('../../index.mjs').UpsertResult<unknown>>} job.upsert
 * @param {(line: number, error: TwentyCrmError) => boolean} job.isForeseen
 * @param {(report: Report) => void} job.onProgress
 * @param {AbortSignal} job.signal
 * @returns {Promise<Report>}
 */
export async function syncFile({
  file,
  limit,
  concurrency,
  upsert,
  isForeseen,
  onProgress,
  signal,
}) {
  const started = performance.now();
  /** @type {Report} */
  const report = {
    read: 0,
    created: 0,
    updated: 0,
    refused: [],
    ids: new Map(),
    doubled: [],
    namedCompanies: new Set(),
    durationMs: 0,
  };
  /** @type {Map<string, string>} */
  const owners = new Map();
  const records = readRecords(file, limit);
  let unforeseen = 0;

  // Every worker takes its next record from the same stream.
  const workers = Array.from({ length: concurrency }, async () => {
    for await (const { line, record } of records) {
      signal.throwIfAborted();
      const externalId = record.external_id;
      try {
        const result = await upsert(record);
        if (result.created) report.created += 1;
        else report.updated += 1;
        note(report, owners, externalId, result.id);
        if (record.company_external_id && record.company_name) {
          report.namedCompanies.add(record.company_external_id);
        }
      } catch (error) {
        if (signal.aborted || !isTwentyCrmError(error)) throw error;
        report.refused.push({ line, externalId, error });
        if (!isForeseen(line, error)) unforeseen += 1;
        // A key that is not accepted will not be accepted for the next record either.
        if (error.code === TwentyCrmErrorCode.AUTH_ERROR || unforeseen >= patience) throw error;
      }
      report.read += 1;
      report.durationMs = performance.now() - started;
      onProgress(report);
    }
  });
  const ends = await Promise.allSettled(workers);
  report.refused.sort((a, b) => a.line - b.line);
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
  return report;
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
