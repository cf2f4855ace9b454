// The counted work: the initial state of the CRM, what is written, and the goals.
import { people } from '../people.mjs';

/** @typedef {import('../../index.js').TwentyCrmSyncService} Service */
/** @typedef {import('../people.mjs').Person} Person */
/**
 * The maximum of each figure. A figure without an entry has no goal.
 * @typedef {Partial<Record<'tokens' | 'requests' | 'refusals' | 'waitedMs' | 'othersLater', number>>} Goals
 */
/**
 * @typedef {object} Work
 * @property {string} name
 * @property {string} title
 * @property {boolean} [isLimited] The server has its default limit; otherwise it counts and never refuses.
 * @property {Person[]} [held] Records that another process has written before. This process does not know them.
 * @property {string} [refused] External id of the record that the server refuses to write.
 * @property {(service: Service) => Promise<Outcome>} write
 * @property {Goals} goals
 */
/**
 * The outcome of the records.
 * @typedef {object} Outcome
 * @property {number} created
 * @property {number} updated
 * @property {number} unchanged
 * @property {number} failed
 * @property {number} [othersLater] Successful calls that ended after the first failed one.
 */

/** @param {Person[]} inputs @returns {Person[]} */
const changed = (inputs) => inputs.map((input) => ({ ...input, job_title: 'Something else' }));

/** @param {number} count @param {number} companies @returns {Person[]} */
const ofCompanies = (count, companies) =>
  people(count).map((input, at) => ({
    ...input,
    company_external_id: `company-${at % companies}`,
    company_name: `Company ${at % companies}`,
  }));

/** One in a hundred has the address of a record of another name. @param {number} count */
const holdersOfAddresses = (count) =>
  people(count)
    .filter((_, at) => at % 100 === 50)
    .map((input) => ({ ...input, external_id: `other-${input.external_id}` }));

/** Calls made at the same time. @param {Person[]} inputs @returns {Work['write']} */
const atOnce = (inputs) => async (service) => {
  const outcome = { created: 0, updated: 0, unchanged: 0, failed: 0, othersLater: 0 };
  const count = (/** @type {import('../../index.js').UpsertResult<unknown>} */ result) => {
    outcome[result.created ? 'created' : result.updated ? 'updated' : 'unchanged'] += 1;
    if (outcome.failed > 0) outcome.othersLater += 1;
  };
  const fail = () => {
    outcome.failed += 1;
  };
  await Promise.all(inputs.map((input) => service.upsertPerson(input).then(count, fail)));
  return outcome;
};

/** @param {Person[]} inputs @returns {Work['write']} */
const findAtOnce = (inputs) => async (service) => {
  const ids = inputs.map((input) => input.external_id);
  const found = await Promise.all(ids.map((id) => service.findPerson(id)));
  const failed = found.filter((person) => person === null).length;
  return { created: 0, updated: 0, unchanged: found.length - failed, failed };
};

/** @param {Person[]} inputs @returns {Work['write']} */
const deleteAtOnce = (inputs) => async (service) => {
  const ids = inputs.map((input) => input.external_id);
  const results = await Promise.all(ids.map((id) => service.deletePerson(id)));
  const failed = results.filter(({ deleted }) => !deleted).length;
  return { created: 0, updated: results.length - failed, unchanged: 0, failed };
};

/** @param {Person[]} inputs @param {import('../../index.js').SyncOptions} [options] @returns {Work['write']} */
const inOneRun = (inputs, options) => async (service) => {
  const { created, updated, unchanged, failed } = await service.syncPersons(inputs, options);
  return { created, updated, unchanged, failed };
};

/** Calls one after the other, each awaited. @param {Person[]} inputs @returns {Work['write']} */
const oneByOne = (inputs) => async (service) => {
  const sum = { created: 0, updated: 0, unchanged: 0, failed: 0 };
  for (const input of inputs) {
    const outcome = await atOnce([input])(service);
    for (const key of /** @type {(keyof typeof sum)[]} */ (Object.keys(sum))) {
      sum[key] += outcome[key];
    }
  }
  return sum;
};

/** No refusal by the rate limit, and no call that waited for it. */
const UNHINDERED = { refusals: 0, waitedMs: 0 };

/**
 * All work, by default at full size. A test counts a fraction of a run's records, with its own limits.
 * @param {number} [runs] Records of a run.
 * @returns {Work[]}
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table
export function works(runs = 10_000) {
  const many = people(runs);
  const half = runs / 2;
  const fewer = people(half);
  const amount = (/** @type {number} */ count) => count.toLocaleString('en');
  return [
    {
      name: 'one-new',
      title: 'one `upsertPerson`, new, the first of the process',
      write: oneByOne(people(1)),
      goals: { requests: 2, tokens: 2 },
    },
    {
      name: 'one-by-one-new',
      title: '10 `upsertPerson` one after the other, new',
      write: oneByOne(people(10)),
      goals: { requests: 11, tokens: 11 },
    },
    {
      name: 'one-by-one-known',
      title: '10 `upsertPerson` one after the other, new, and then 10 that change them',
      write: oneByOne([...people(10), ...changed(people(10))]),
      goals: { requests: 21, tokens: 21 },
    },
    {
      name: 'once-companies',
      title: '200 `upsertPerson` at once with 20 new companies, default limit',
      isLimited: true,
      write: atOnce(ofCompanies(200, 20)),
      goals: { tokens: 12, ...UNHINDERED },
    },
    {
      name: 'once-refused',
      title: '200 `upsertPerson` at once with 20 new companies, one of them refused by the server',
      isLimited: true,
      refused: 'client-77',
      write: atOnce(ofCompanies(200, 20)),
      goals: { tokens: 25, ...UNHINDERED, othersLater: 0 },
    },
    {
      name: 'once-new',
      title: '1,000 `upsertPerson` at once, new, default limit',
      isLimited: true,
      write: atOnce(people(1000)),
      goals: { tokens: 30, ...UNHINDERED },
    },
    {
      name: 'once-existing',
      title: '1,000 `upsertPerson` at once, existing and not remembered, default limit',
      isLimited: true,
      held: people(1000),
      write: atOnce(changed(people(1000))),
      goals: { tokens: 45, ...UNHINDERED },
    },
    {
      name: 'find-200',
      title: '200 `findPerson` at once, not remembered',
      held: people(200),
      write: findAtOnce(people(200)),
      goals: { requests: 5, tokens: 5 },
    },
    {
      name: 'delete-200',
      title: '200 `deletePerson` at once, not remembered',
      held: people(200),
      write: deleteAtOnce(people(200)),
      goals: { requests: 205, tokens: 205 },
    },
    {
      name: 'run-new',
      title: `${amount(runs)} new people in one run`,
      write: inOneRun(many),
      goals: { tokens: 60 },
    },
    {
      name: 'run-changed',
      title: `${amount(runs)} existing, changed, not remembered`,
      held: many,
      write: inOneRun(changed(many)),
      goals: { tokens: 60 },
    },
    {
      name: 'run-mixed',
      title: `${amount(runs)} half new, half existing and changed, mixed`,
      held: many.filter((_, at) => at % 2 === 0),
      write: inOneRun(changed(many)),
      goals: { tokens: 112 },
    },
    {
      name: 'run-blocks',
      title: `${amount(runs)} half existing and changed, half new, in two blocks`,
      held: many.slice(0, half),
      write: inOneRun(changed(many)),
      goals: { tokens: 62 },
    },
    {
      name: 'run-addresses',
      title: `${amount(half)} new, the address of one in a hundred is another record's`,
      held: holdersOfAddresses(half),
      write: inOneRun(fewer),
      goals: { tokens: 35 },
    },
    {
      name: 'run-unchanged',
      title: `${amount(runs)} unchanged, not remembered, \`verifyUnchanged\``,
      held: many,
      write: inOneRun(many, { verifyUnchanged: true }),
      goals: { tokens: 10 },
    },
  ];
}
