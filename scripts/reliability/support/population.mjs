// The records of a run, and the check afterwards: the server's rows compared with the inputs and the answers.
import { isTwentyCrmError, TwentyCrmErrorCode } from '../../../index.mjs';

/** @typedef {import('../../../index.js').UpsertPersonInput} PersonInput */
/** @typedef {import('../../../index.js').UpsertCompanyInput} CompanyInput */
/** @typedef {'person' | 'company'} Kind */

/**
 * @typedef {object} Outcome The client's last answer for a record.
 * @property {string} [id] Of the row, if it was written.
 * @property {unknown} [error] If it was not written.
 * @property {boolean} [isDelivered] Delivered by an outbox, where nothing of it waits any more.
 * @property {boolean} [isDead] A dead letter of an outbox.
 */

/**
 * @typedef {object} Row As the simulator stores it.
 * @property {string} id
 * @property {string | null} externalId
 * @property {string | null} deletedAt
 * @property {string | null} [jobTitle] Of people.
 * @property {string | null} [companyId] Of people.
 * @property {any} [name]
 * @property {any} [emails]
 * @property {any} [domainName]
 */

/** The value, instead of a version, of a person that the server always refuses. */
export const POISON = 'poisoned';

/** Each person has a company; this many people share one. */
const PEOPLE_PER_COMPANY = 4;

/**
 * @param {number} at
 * @param {string} version Distinguishes this write of the record from others.
 * @returns {PersonInput}
 */
export function person(at, version) {
  const company = Math.floor(at / PEOPLE_PER_COMPANY);
  return {
    external_id: `p-${at}`,
    name: `Jane van der Berg ${at}`,
    email: `p-${at}@people.example`,
    phone: `+4930${10_000_000 + at}`,
    job_title: version,
    company_external_id: `c-${company}`,
    company_name: `Company ${company}`,
  };
}

/** @param {number} at @param {string} version @returns {CompanyInput} */
export const company = (at, version) => ({
  external_id: `c-${at}`,
  name: `Company ${at} ${version}`,
  domain_name: `c-${at}.example`,
});

/**
 * @typedef {object} Count
 * @property {number} records
 * @property {number} ok Answered with success, and stored once as last written.
 * @property {Record<string, number>} errors Typed errors by code.
 * @property {number} unknown Of these: the error says that the outcome is unknown, and the record was written.
 * @property {number} refused Records that the server always refuses, with a matching error.
 * @property {number} dead Of these: dead letters.
 * @property {number} misjudged Records that wrongly are, or wrongly are not, dead letters. Never.
 * @property {number} doubled Records with more than one row. Never.
 * @property {number} lost Answered with success, but missing or not as written. Never.
 * @property {number} silent Answered with an error that does not say that the outcome is unknown, but written anyway.
 *   Never.
 * @property {number} untyped Answered without a typed error, or not at all. Never.
 * @property {number} foreign Rows that nobody requested, or with another record's values. Never.
 * @property {number} wrongMappings Mappings that lead to another record's row, or to none. Never.
 * @property {string[]} complaints The first of each of these, in words.
 */

const CODES = new Set(Object.values(TwentyCrmErrorCode));

/** The violations, by name. */
export const VIOLATIONS = /** @type {const} */ ([
  'doubled',
  'lost',
  'silent',
  'untyped',
  'foreign',
  'wrongMappings',
  'misjudged',
]);

/**
 * @param {Count} count
 * @param {(typeof VIOLATIONS)[number]} what
 * @param {string} words
 */
function complain(count, what, words) {
  count[what] += 1;
  if (count.complaints.length < 20) count.complaints.push(`${what}: ${words}`);
}

/** @param {any} error */
const says = (error) =>
  `${error?.code} ${error?.details?.reason ?? ''} ${error?.message ?? error}`.slice(0, 300);

/**
 * @param {object} run
 * @param {{ people: Row[], companies: Row[] }} run.rows The simulator's own.
 * @param {Map<string, Outcome>} run.outcomes By `p-1`, `c-1`; exactly the records of the run.
 * @param {string} run.version The version of the run.
 * @param {import('../../../index.js').Mapping[]} [run.mappings] The whole content of the store.
 * @param {Set<string>} [run.poisoned] Records that were written as {@link POISON}.
 * @returns {Count}
 */
export function audit({ rows, outcomes, version, mappings = [], poisoned = new Set() }) {
  /** @type {Count} */
  const count = {
    ...{ records: outcomes.size, ok: 0, errors: {}, unknown: 0, doubled: 0, lost: 0, silent: 0 },
    ...{ untyped: 0, foreign: 0, wrongMappings: 0, misjudged: 0, refused: 0, dead: 0 },
    complaints: [],
  };
  /** @type {Map<string, Row[]>} */
  const byId = new Map();
  /** @type {Map<string, string>} */
  const owners = new Map();
  for (const row of [...rows.people, ...rows.companies]) {
    const externalId = row.externalId ?? '';
    owners.set(row.id, externalId);
    const same = byId.get(externalId);
    if (same) same.push(row);
    else byId.set(externalId, [row]);
    if (!isOwn(row)) complain(count, 'foreign', JSON.stringify(row).slice(0, 300));
  }
  for (const row of rows.people) {
    const company = row.companyId && owners.get(row.companyId);
    if (row.companyId && company !== `c-${companyOf(row.externalId)}`) {
      complain(count, 'foreign', `${row.externalId} belongs to company ${company}`);
    }
  }
  for (const [externalId, same] of byId) {
    if (same.length > 1) complain(count, 'doubled', `${externalId} has ${same.length} rows`);
  }
  for (const [externalId, outcome] of outcomes) {
    const row = byId.get(externalId)?.[0];
    if (poisoned.has(externalId)) judgePoisoned(count, externalId, outcome, row);
    else judge(count, externalId, outcome, row, version);
  }
  for (const { everId, crmId } of mappings) {
    const owner = owners.get(crmId);
    if (owner !== everId) complain(count, 'wrongMappings', `${everId} is mapped to ${owner}`);
  }
  return count;
}

/**
 * @param {Count} count
 * @param {string} externalId
 * @param {Outcome} outcome
 * @param {Row | undefined} row
 * @param {string} version
 */
function judge(count, externalId, { id, error, isDelivered, isDead }, row, version) {
  const isWritten = row !== undefined && !row.deletedAt && versionOf(row) === version;
  if (isDead) {
    // Every obstacle was temporary.
    complain(count, 'misjudged', `${externalId} is a dead letter: ${says(error)}`);
  } else if (error === undefined && id === undefined && !isDelivered) {
    complain(count, 'untyped', `${externalId} was not answered`);
  } else if (error === undefined) {
    if (isWritten && (isDelivered || row.id === id)) count.ok += 1;
    else complain(count, 'lost', `${externalId} is ${row && versionOf(row)} ${row?.id}, not ${id}`);
  } else if (!isTwentyCrmError(error) || !CODES.has(error.code)) {
    complain(count, 'untyped', `${externalId}: ${says(error)}`);
  } else {
    count.errors[error.code] = (count.errors[error.code] ?? 0) + 1;
    if (!isWritten) return;
    if (/** @type {any} */ (error).details?.reason === 'OUTCOME_UNKNOWN') count.unknown += 1;
    else complain(count, 'silent', `${externalId}: ${says(error)}`);
  }
}

/**
 * @param {Count} count
 * @param {string} externalId
 * @param {Outcome} outcome
 * @param {Row | undefined} row
 */
function judgePoisoned(count, externalId, { error, isDelivered, isDead }, row) {
  const { code, isRetryable } = /** @type {any} */ (error ?? {});
  if (row !== undefined && versionOf(row) === POISON) {
    complain(count, 'foreign', `${externalId} was written, which the server refuses`);
  } else if (error === undefined || isDelivered) {
    complain(count, 'lost', `${externalId} was refused, and is said to be written`);
  } else if (!isTwentyCrmError(error)) {
    complain(count, 'untyped', `${externalId}: ${says(error)}`);
  } else if (isDead && (code !== 'VALIDATION_ERROR' || isRetryable)) {
    complain(count, 'misjudged', `${externalId} is a dead letter: ${says(error)}`);
  } else {
    count.errors[code] = (count.errors[code] ?? 0) + 1;
    if (code === 'VALIDATION_ERROR') count.refused += 1;
    if (isDead) count.dead += 1;
  }
}

/** @param {string | null} externalId Of a person. */
const companyOf = (externalId) => Math.floor(Number(externalId?.slice(2)) / PEOPLE_PER_COMPANY);

/** @param {Row} row */
const versionOf = (row) =>
  typeof row.name === 'string' ? row.name.split(' ')[2] : (row.jobTitle ?? undefined);

/**
 * The state of a row: `absent` if there is none, `deleted`, or the version that was last written. A company that only a
 * person has named still counts as `absent`.
 * @param {Row | undefined} row
 */
export function stateOf(row) {
  if (row === undefined) return 'absent';
  return row.deletedAt ? 'deleted' : (versionOf(row) ?? 'absent');
}

/** Whether all values of the row belong to the record of its external id. @param {Row} row */
function isOwn(row) {
  const at = row.externalId?.slice(2);
  return typeof row.name === 'string'
    ? row.externalId === `c-${at}` &&
        row.name.startsWith(`Company ${at}`) &&
        [undefined, null, '', `c-${at}.example`].includes(host(row.domainName?.primaryLinkUrl))
    : row.externalId === `p-${at}` &&
        `${row.name?.firstName} ${row.name?.lastName}` === `Jane van der Berg ${at}` &&
        row.emails?.primaryEmail === `p-${at}@people.example`;
}

/** @param {string | null | undefined} url */
const host = (url) => url?.replace(/^https?:\/\//, '').replace(/\/$/, '');

/** @param {Count} count */
export const violations = (count) => VIOLATIONS.reduce((sum, what) => sum + count[what], 0);
