// The scenarios: each names its server, its contenders and their work.
import { people, person, toTwenty } from './people.mjs';

/** Chunks that the package keeps in flight by default, and batches that the bare client does. */
const CHUNKS_IN_FLIGHT = 4;
/** For scenarios in which the network takes most of the time, and a contender has 2,000 requests in flight. */
const CHUNKS_IN_FLIGHT_FAR = 10;
const BATCH_RECORDS = 200;
const SEEDED_PEOPLE = 200;

/** Additional fields that bring the answer to a GET to 1.5 KB. */
const FURTHER_FIELDS = {
  avatarUrl: `https://files.example.com/avatars/${'0123456789abcdef'.repeat(12)}.png`,
  linkedinLink: {
    primaryLinkLabel: 'LinkedIn',
    primaryLinkUrl: 'https://www.linkedin.com/in/somebody-or-other-0123456789',
    secondaryLinks: [
      { label: 'Portfolio', url: 'https://portfolio.example.com/somebody' },
      { label: 'Talks', url: 'https://talks.example.com/somebody' },
    ],
  },
};

/**
 * @typedef {object} Task
 * @property {Record<string, unknown>} job Its `client` is the contender's name, if it names none.
 * @property {string} [stdin]
 */
/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {'record' | 'request'} unit
 * @property {number} rounds
 * @property {boolean} [isWatched] Measure the event loop's delay, in separate runs.
 * @property {import('../__test__/helpers/sim.mjs').SimOptions} sim
 * @property {(sim: Sim) => Promise<{ paths?: string[] }>} [prepare]
 * @property {Record<string, (prepared: { paths?: string[] }) => Task>} contenders
 */
/** @typedef {Awaited<ReturnType<typeof import('../__test__/helpers/sim.mjs').startSim>>} Sim */

/** A query for all rows with a key of one of these, as a client needs it to avoid duplicates. @param {Row[]} rows */
function lookUp(rows) {
  const anyOf = [
    { externalId: { in: rows.map(({ externalId }) => externalId) } },
    { emails: { primaryEmail: { in: rows.map(({ emails }) => emails.primaryEmail) } } },
  ];
  const query =
    'query LookUp($people: PersonFilterInput!) { people(filter: $people, first: 200) { ' +
    'pageInfo { hasNextPage endCursor } edges { node { id externalId deletedAt emails { primaryEmail } } } } }';
  return { query, variables: { people: { or: anyOf } } };
}

/** @typedef {ReturnType<typeof toTwenty>} Row */

/** @param {number} count @param {boolean} looksUp */
function readyBatches(count, looksUp) {
  const rows = people(count).map(toTwenty);
  const lines = [];
  for (let at = 0; at < rows.length; at += BATCH_RECORDS) {
    const batch = rows.slice(at, at + BATCH_RECORDS);
    if (looksUp) lines.push(`${JSON.stringify(lookUp(batch))}\n`);
    lines.push(`${JSON.stringify(batch)}\n`);
  }
  return lines.join('');
}

/**
 * @param {number} count
 * @param {string} [path]
 * @param {number} [inFlight]
 * @param {string} [schemaPath] Requested first; each batch then begins with a look-up, to avoid duplicates.
 * @returns {Task}
 */
const bareBatches = (
  count,
  path = '/rest/batch/people',
  inFlight = CHUNKS_IN_FLIGHT,
  schemaPath = undefined,
) => ({
  job: { kind: 'batches', path, inFlight, units: count, schemaPath },
  stdin: readyBatches(count, schemaPath !== undefined),
});

/** @param {number} count @param {string} kind @param {number} [chunksInFlight] */
const records = (count, kind, chunksInFlight) => () => ({ job: { kind, count, chunksInFlight } });

/** @param {Sim} sim */
async function seedPeople(sim) {
  const rows = people(SEEDED_PEOPLE).map((input) => ({ ...toTwenty(input), ...FURTHER_FIELDS }));
  await sim.seed({ people: rows });
  const stored = await sim.records('people');
  return { paths: stored.map((/** @type {{ id: string }} */ row) => `/rest/people/${row.id}`) };
}

/** @param {number} count @param {Sim} sim */
async function seedOthersJobs(sim, count) {
  const SEED_ROWS = 2000;
  for (let from = 0; from < count; from += SEED_ROWS) {
    const size = Math.min(SEED_ROWS, count - from);
    const rows = Array.from({ length: size }, (_, at) => ({
      ...toTwenty(person(from + at)),
      jobTitle: 'Something else',
    }));
    await sim.seed({ people: rows });
  }
  return {};
}

/** @param {number} inFlight @param {number} rounds @returns {Pick<Scenario, 'unit' | 'rounds' | 'isWatched' | 'sim' | 'prepare' | 'contenders'>} */
function gets(inFlight, rounds) {
  /** @param {{ paths?: string[] }} prepared */
  const task = ({ paths }) => ({
    job: { kind: 'get', inFlight, warmUpMs: 500, durationMs: 1000, paths },
  });
  return {
    unit: 'request',
    rounds,
    isWatched: inFlight > 1,
    sim: {},
    prepare: seedPeople,
    contenders: {
      ours: task,
      fetch: task,
      undici: task,
      'undici-pool': task,
      ceiling: task,
      hyper: task,
    },
  };
}

/** Per 200 records: 200 ms to insert, 500 ms to update, 15 ms to look up, as on a real server. */
const realServer = { serviceTimes: '1000,2500,75' };

/**
 * The same scenarios with another build of this package beside each contender that is this package.
 * @param {Scenario[]} all
 * @returns {Scenario[]}
 */
export const withBefore = (all) =>
  all.map((scenario) => {
    const { ours, singles, ...others } = scenario.contenders;
    /** @type {(task: Scenario['contenders'][string]) => Scenario['contenders'][string]} */
    const before = (task) => (prepared) => {
      const { job, stdin } = task(prepared);
      return { job: { ...job, client: 'before' }, stdin };
    };
    const contenders = {
      ours,
      before: before(ours),
      ...(singles && { singles, 'singles-before': before(singles) }),
      ...others,
    };
    return { ...scenario, contenders };
  });

/** @param {{ full: boolean }} options @returns {Scenario[]} */
export function scenarios({ full }) {
  const streamed = full ? 1_000_000 : 100_000;
  const again = 100_000;
  const fetchAgain = 2000;
  const atService = 8000;
  const newPeople = (inFlight = CHUNKS_IN_FLIGHT) => ({
    ours: records(2000, 'upsertMany', inFlight),
    singles: () => ({ job: { client: 'ours', kind: 'upsertEach', count: 2000 } }),
    fetch: records(2000, 'upsertMany'),
    'undici-pool': records(2000, 'upsertMany'),
    ceiling: () => bareBatches(2000, undefined, inFlight),
    'bare-upserts': () =>
      bareBatches(2000, undefined, inFlight, '/rest/metadata/objects?limit=200'),
  });
  return [
    {
      name: 'new-0ms',
      title: '2,000 new people, no latency',
      unit: 'record',
      rounds: 5,
      isWatched: true,
      sim: {},
      contenders: newPeople(),
    },
    {
      name: 'new-20ms',
      title: '2,000 new people, 20 ms latency (`maxConcurrency: 10`)',
      unit: 'record',
      rounds: 3,
      isWatched: true,
      sim: { latencyMs: 20 },
      contenders: newPeople(CHUNKS_IN_FLIGHT_FAR),
    },
    {
      name: 'stream',
      title: `${streamed.toLocaleString('en')} new people, streamed`,
      unit: 'record',
      rounds: full ? 1 : 3,
      isWatched: true,
      sim: {},
      contenders: { ours: records(streamed, 'stream') },
    },
    {
      name: 'again',
      title: `the same again, unchanged (${again.toLocaleString('en')}; fetch: ${fetchAgain.toLocaleString('en')})`,
      unit: 'record',
      rounds: 3,
      sim: {},
      contenders: { ours: records(again, 'again'), fetch: records(fetchAgain, 'again') },
    },
    { name: 'get-64', title: 'GET one person, 64 in flight', ...gets(64, 3) },
    { name: 'get-1', title: 'GET one person, one at a time', ...gets(1, 5) },
    {
      name: 'service-new',
      title: `${atService.toLocaleString('en')} new people, a real server's service times`,
      unit: 'record',
      rounds: 3,
      sim: realServer,
      contenders: { ours: records(atService, 'sync'), ceiling: () => bareBatches(atService) },
    },
    {
      name: 'service-changed',
      title: `${atService.toLocaleString('en')} changed people, a real server's service times`,
      unit: 'record',
      rounds: 3,
      sim: realServer,
      prepare: (sim) => seedOthersJobs(sim, atService),
      contenders: {
        ours: records(atService, 'sync'),
        ceiling: () => bareBatches(atService, '/rest/batch/people?upsert=true'),
      },
    },
  ];
}
