// The client of the soak test, in its own process: mixed load on a population, and after each stretch the expected
// state of every record. Driven by lines on stdin; answers with lines of JSON.
//   node --expose-gc soak-client.mjs '{ baseUrl, apiKey, folder, seed, rate, people }'
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createTwentyCrmOutbox,
  createTwentyCrmSyncService,
  isTwentyCrmError,
  sqliteMappingStore,
  sqliteOutbox,
  TwentyCrmRestClient,
} from '../../../index.mjs';
import { company, person } from './population.mjs';
import { seeded } from './random.mjs';
import { descriptorsLeft, residentMb } from './resources.mjs';

/** @typedef {{ externalId: string, at: number, kind: 'person' | 'company', possible: string[], isBusy: boolean }} Member */

/** Never created, or destroyed; a company may have been created by a person that names it. */
const ABSENT = 'absent';
const DELETED = 'deleted';
const AT_ONCE = 48;
const TICK_MS = 100;

const { baseUrl, apiKey, folder, seed, rate, people } = JSON.parse(process.argv[2]);
const random = seeded(seed);
const config = { baseUrl, apiKey, timeout: 5_000, initialBackoffMs: 20, maxBackoffMs: 500 };
const store = sqliteMappingStore(path.join(folder, 'mappings.sqlite'));
const service = createTwentyCrmSyncService(config, { mappingStore: store, defaultCountry: 'DE' });
const client = new TwentyCrmRestClient(config);
const outbox = createTwentyCrmOutbox({
  service,
  store: sqliteOutbox(path.join(folder, 'outbox.sqlite')),
  initialBackoffMs: 50,
  maxBackoffMs: 2_000,
  pollIntervalMs: 200,
});

/** @param {Member['kind']} kind @param {number} count @returns {Member[]} */
const members = (kind, count) =>
  Array.from({ length: count }, (_, at) => ({
    ...{ externalId: `${kind === 'person' ? 'p' : 'c'}-${at}`, at, kind },
    ...{ possible: [ABSENT], isBusy: false },
  }));
const all = members('person', people);
// The last fifth of the people is written only through the outbox.
const outboxPeople = all.splice(Math.floor(people * 0.8));
const companies = members('company', Math.ceil(people / 4));

let versions = 0;
let operations = 0;
let records = 0;
let inFlight = 0;
/** @type {Record<string, number>} */
const kinds = {};
/** @type {Record<string, number>} */
const errors = {};
/** @type {string[]} */
const complaints = [];

const nextVersion = () => {
  versions += 1;
  return `v${versions}`;
};

/** @param {string} words */
const complain = (words) => {
  if (complaints.length < 50) complaints.push(words);
};

/** @param {Member[]} from @param {number} count */
function take(from, count) {
  const start = random.between(0, from.length - 1);
  const taken = [];
  for (let at = 0; at < from.length && taken.length < count; at += 1) {
    const member = from[(start + at) % from.length];
    if (!member.isBusy) taken.push(member);
  }
  for (const member of taken) member.isBusy = true;
  return taken;
}

/** The possible states after a failure: unchanged or, if the outcome is unknown, as it should be. */
function failed(
  /** @type {Member} */ member,
  /** @type {string} */ wanted,
  /** @type {any} */ error,
  /** @type {string} */ what,
) {
  if (!isTwentyCrmError(error)) {
    complain(`${what} of ${member.externalId} ended with ${error}`);
    return;
  }
  errors[error.code] = (errors[error.code] ?? 0) + 1;
  const details = /** @type {any} */ (error).details ?? {};
  if (details.reason === 'OUTCOME_UNKNOWN' || details.outcomeUnknown) member.possible.push(wanted);
}

/** @param {Member} member @param {string} version */
const inputOf = ({ kind, at }, version) =>
  kind === 'person' ? person(at, version) : company(at, version);

/** @type {Record<string, { weight: number, run: () => Promise<number> }>} */
const operation = {
  upsert: {
    weight: 40,
    async run() {
      const [member] = take(random.chance(0.8) ? all : companies, 1);
      if (!member) return 0;
      const version = nextVersion();
      try {
        const input = /** @type {any} */ (inputOf(member, version));
        await (member.kind === 'person'
          ? service.upsertPerson(input)
          : service.upsertCompany(input));
        member.possible = [version];
      } catch (error) {
        failed(member, version, error, 'upsert');
      } finally {
        member.isBusy = false;
      }
      return 1;
    },
  },
  bulk: {
    weight: 4,
    async run() {
      const isPeople = random.chance(0.8);
      const taken = take(isPeople ? all : companies, random.between(20, 120));
      const version = nextVersion();
      const inputs = /** @type {any[]} */ (taken.map((member) => inputOf(member, version)));
      const byId = new Map(taken.map((member) => [member.externalId, member]));
      const run = isPeople ? service.syncPersons(inputs) : service.syncCompanies(inputs);
      try {
        for await (const { externalId, error } of run) {
          const member = byId.get(externalId);
          if (member === undefined) complain(`a bulk run answered for ${externalId}`);
          else if (error === undefined) member.possible = [version];
          else failed(member, version, error, 'bulk upsert');
          byId.delete(externalId);
        }
        if (byId.size > 0) complain(`a bulk run left ${byId.size} records unanswered`);
      } catch (error) {
        complain(`a bulk run rejected: ${error}`);
      } finally {
        for (const member of taken) member.isBusy = false;
      }
      return taken.length;
    },
  },
  find: {
    weight: 20,
    async run() {
      const [member] = take(all, 1);
      if (!member) return 0;
      try {
        const found = await service.findPerson(member.externalId);
        const isPossible = found
          ? member.possible.includes(found.job_title ?? '')
          : member.possible.some((state) => state === ABSENT || state === DELETED);
        if (!isPossible) {
          complain(
            `${member.externalId} was found as ${found?.job_title}, not ${member.possible.join(' or ')}`,
          );
        }
      } catch (error) {
        failed(member, member.possible[0], error, 'find');
      } finally {
        member.isBusy = false;
      }
      return 1;
    },
  },
  delete: {
    weight: 8,
    async run() {
      const [member] = take(all, 1);
      if (!member) return 0;
      const mode = random.chance(0.5) ? 'soft' : 'destroy';
      const wanted = mode === 'soft' ? DELETED : ABSENT;
      try {
        const { reason } = await service.deletePerson(member.externalId, { mode });
        const state = reason === undefined ? wanted : reason === 'not_found' ? ABSENT : DELETED;
        if (reason !== undefined && !member.possible.includes(state)) {
          complain(`${member.externalId} was ${reason}, not ${member.possible.join(' or ')}`);
        }
        member.possible = [state];
      } catch (error) {
        failed(member, wanted, error, 'deletion');
      } finally {
        member.isBusy = false;
      }
      return 1;
    },
  },
  get: {
    weight: 15,
    async run() {
      const answer = await client.get('/rest/people?limit=3');
      if (answer.success) return 0;
      const { error } = answer;
      if (!isTwentyCrmError(error)) complain(`a GET ended with ${error}`);
      errors[error.code] = (errors[error.code] ?? 0) + 1;
      return 0;
    },
  },
  enqueue: {
    weight: 15,
    async run() {
      const [member] = take(outboxPeople, 1);
      if (!member) return 0;
      const version = nextVersion();
      try {
        await outbox.enqueuePerson(person(member.at, version));
        // Whatever happens to the CRM, the change will be delivered.
        member.possible = [version];
      } catch (error) {
        complain(`enqueue of ${member.externalId} rejected: ${error}`);
      } finally {
        member.isBusy = false;
      }
      return 1;
    },
  },
};

const wheel = Object.entries(operation).flatMap(([name, { weight }]) =>
  Array.from({ length: weight }, () => name),
);

let isPaused = true;
let isOver = false;
/** Number of operations after which the client pauses; undefined if time decides. */
let limit = Number.POSITIVE_INFINITY;

async function one() {
  const name = random.pick(wheel);
  inFlight += 1;
  operations += 1;
  kinds[name] = (kinds[name] ?? 0) + 1;
  const written = await operation[name].run();
  records += written;
  inFlight -= 1;
  return written;
}

async function load() {
  let credit = 0;
  while (!isOver) {
    if (isPaused || inFlight >= AT_ONCE) {
      await sleep(isPaused ? TICK_MS : 5);
      continue;
    }
    if (rate > 0) {
      credit = Math.min(credit + (rate * TICK_MS) / 1000, rate);
      // A bulk run counts its records when it is done.
      while (credit >= 1 && inFlight < AT_ONCE && !isPaused) {
        credit -= 1;
        one().then((written) => {
          credit -= Math.max(0, written - 1);
        });
      }
      await sleep(TICK_MS);
    } else {
      one();
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (operations >= limit && !isPaused) {
      isPaused = true;
      say({ paused: true });
    }
  }
}

const say = (/** @type {object} */ line) => process.stdout.write(`${JSON.stringify(line)}\n`);

/** Waits until nothing is in flight and the outbox is empty, and returns the expected state of the CRM. */
async function settle() {
  while (inFlight > 0) await sleep(20);
  const patience = AbortSignal.timeout(120_000);
  await outbox.drain({ signal: patience }).catch((error) => complain(`drain: ${error}`));
  const dead = await outbox.deadLetters();
  for (const { id, error } of dead.slice(0, 5)) complain(`${id} is a dead letter: ${error.code}`);
  say({
    states: [...all, ...outboxPeople, ...companies].map(({ externalId, possible }) => [
      externalId,
      possible,
    ]),
    ...{ operations, records, kinds, errors, complaints },
    requests: client.stats().requests,
  });
}

/** Descriptors when the server had closed all connections for the first time. @type {number | undefined} */
let fewest;

/** The resources of the process, without any connection. */
async function resources() {
  const [memory, open] = [await residentMb(), await descriptorsLeft(fewest ?? 0, 2_000)];
  fewest ??= open;
  say({ residentMb: memory, descriptors: open });
}

/** @type {Record<string, (command: any) => unknown>} */
const commands = {
  go({ operations: more }) {
    limit = more === undefined ? Number.POSITIVE_INFINITY : operations + more;
    isPaused = false;
    outbox.start();
  },
  async rest() {
    isPaused = true;
    await settle();
  },
  resources,
  /** The server's actual state, for records with several possible ones. */
  learn({ states }) {
    const known = new Map(states);
    for (const member of [...all, ...outboxPeople, ...companies]) {
      const state = known.get(member.externalId);
      if (state !== undefined) member.possible = [state];
    }
    say({ learnt: true });
  },
  async end() {
    isOver = true;
    await outbox.close();
    await store.close();
    await client.close();
    process.exit(0);
  },
};

load();
for await (const text of createInterface({ input: process.stdin })) {
  const command = JSON.parse(text);
  await commands[command.do](command);
}
