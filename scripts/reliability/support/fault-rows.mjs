// The rows of the fault suite: which faults occur, how often, and what else happens.
import { setTimeout as sleep } from 'node:timers/promises';
import * as faults from './faults.mjs';
import { encode } from './http-frames.mjs';
import { restartBehind } from './restartable-sim.mjs';

/** @typedef {import('./fault-proxy.mjs').Scene} Scene */
/** @typedef {import('./fault-proxy.mjs').FaultProxy} FaultProxy */
/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {import('./restartable-sim.mjs').RestartableSim} Sim */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {string} title
 * @property {(context: { random: Random, proxy: FaultProxy, sim: Sim, timeoutMs: number, clock?: OwnClock }) => Scene}
 * scene
 * @property {Parameters<Sim['setOptions']>[0]} [options] Of the simulator during the faults.
 * @property {boolean} [isSlow] The faults make calls run into their timeout, so it should be short.
 * @property {{ maxRetries: number, initialBackoffMs: number, maxBackoffMs: number }} [retries] Of the client, if the
 *   usual ones are too short for the fault.
 * @property {boolean} [mixesAnswers] An answer may be another request's.
 * @property {boolean} [hasOwnClock] Runs in a process whose wall clock can be set.
 */

/** @typedef {ReturnType<typeof import('./wall-clock.mjs').ownClock>} OwnClock */

/** @typedef {import('./fault-proxy.mjs').Fault} Fault */

/**
 * Hits each request with this probability.
 * @param {Random} random
 * @param {number} rate
 * @param {Fault[]} list One of them is played.
 * @returns {Scene}
 */
const sometimes = (random, rate, list) => ({
  request: () => (random.chance(rate) ? random.pick(list) : undefined),
});

/**
 * Calm, then a storm in which nearly every request is hit, then calm again.
 * @param {Random} random
 * @param {{ calm: [number, number], storm: [number, number] }} lengths Minimum and maximum, in requests.
 * @param {Fault[]} list
 * @returns {Scene}
 */
function storms(random, { calm, storm }, list) {
  let isStorm = false;
  let until = random.between(...calm);
  return {
    request(number) {
      if (number > until) {
        isStorm = !isStorm;
        until = number + random.between(...(isStorm ? storm : calm));
      }
      return isStorm && random.chance(0.9) ? random.pick(list) : undefined;
    },
  };
}

/**
 * As {@link storms}, but the storms end after a time: a client that is told to slow down waits until they are over.
 * @param {Random} random
 * @param {{ calm: [number, number], stormMs: [number, number] }} lengths
 * @param {Fault[]} list
 * @returns {Scene}
 */
function timedStorms(random, { calm, stormMs }, list) {
  let until = random.between(...calm);
  let endsAt = 0;
  return {
    request(number) {
      const now = performance.now();
      if (number > until) {
        endsAt = now + random.between(...stormMs);
        until = number + random.between(...calm);
      }
      return now < endsAt && random.chance(0.9) ? random.pick(list) : undefined;
    },
  };
}

const PHASES = /** @type {const} */ ([
  ['connect', 'at connect'],
  ['headers', "in the request's headers"],
  ['body', "in the request's body"],
  ['unprocessed', 'after the request, not processed'],
  ['processed', 'after the request, processed'],
  ['answerHeaders', "in the answer's headers"],
  ['answerBody', "in the answer's body"],
]);

/** @param {'reset' | 'stall' | 'end'} ending @param {string} verb @returns {Row[]} */
function atEveryPhase(ending, verb) {
  return PHASES.map(([phase, where]) => ({
    name: `${ending}-${phase}`,
    title: `${verb} ${where}`,
    isSlow: ending === 'stall',
    scene({ random }) {
      const fault = faults.endings(ending)[phase];
      if (phase !== 'connect') return sometimes(random, 0.25, [fault]);
      // Connections are kept alive: sometimes an idle one is closed, so that new ones are opened.
      return {
        connection: () => (random.chance(0.3) ? fault : undefined),
        request: () => (random.chance(0.2) ? closeAfterwards : undefined),
      };
    },
  }));
}

/** A regular answer, after which the connection is closed: not a fault. @type {Fault} */
const closeAfterwards = {
  name: 'closed after the answer',
  phase: 'whole',
  async play(exchange) {
    exchange.send(encode(await exchange.answer()));
    exchange.end();
  },
};

/**
 * @param {string} name
 * @param {string} title
 * @param {Row['scene']} scene
 * @param {Partial<Row>} [more]
 * @returns {Row}
 */
const row = (name, title, scene, more) => ({ name, title, scene, ...more });

const SLOW = { isSlow: true };

/**
 * A server that is killed and restarted with its data. @param {Sim} sim @param {FaultProxy} proxy @param {Random}
 * random @returns {Scene}
 */
function restarts(sim, proxy, random) {
  let next = random.between(20, 60);
  /** @type {Promise<unknown>} */
  let isUp = Promise.resolve();
  return {
    async beforeEach(number) {
      if (number < next || !proxy.isUp) return;
      // Rows are restored one by one, which takes longer the more there are.
      next = number + random.between(60, 240);
      proxy.note({ name: 'restart', phase: 'whole', play: () => {} });
      isUp = restartBehind(proxy, sim, () => sleep(random.between(5, 60)));
      // The current request dies with the server, half of the time after it was processed.
      if (random.chance(0.5)) throw new Error('the server is down');
    },
    end: () => isUp,
  };
}

/**
 * The server's database goes down and comes back. @param {Sim} sim @param {FaultProxy} proxy @param {Random} random
 * @returns {Scene}
 */
function databaseOutages(sim, proxy, random) {
  let isDown = false;
  let next = random.between(15, 40);
  return {
    async beforeEach(number) {
      if (number >= next) {
        isDown = !isDown;
        next = number + (isDown ? random.between(3, 15) : random.between(15, 40));
        await sim.setOptions({ databaseDown: isDown });
      }
      if (isDown) proxy.note({ name: 'database down', phase: 'whole', play: () => {} });
    },
    request: () => (random.chance(0.05) ? faults.databaseFailure(true) : undefined),
  };
}

/** Tokens in each bucket of the row below; one is refilled every 30 ms. */
const LIMIT = { limit: 20, ttlMs: 600 };
/** Other clients send requests after this many of ours. */
const OTHERS_EVERY = 6;

/**
 * Other clients of the workspace use up its limit just before a request of ours: otherwise a client that paces itself
 * would never hit the limit.
 * @param {Sim} sim
 * @returns {Scene}
 */
function othersSpendTheLimit(sim) {
  const headers = { authorization: `Bearer ${sim.apiKey}` };
  const spend = async () => {
    const answer = await fetch(`${sim.baseUrl}/rest/people?limit=1`, { headers });
    await answer.arrayBuffer();
    return answer.status;
  };
  let refusedOthers = 0;
  return {
    async beforeEach(number) {
      if (number % OTHERS_EVERY !== 0) return;
      const statuses = await Promise.all(Array.from({ length: LIMIT.limit }, spend));
      refusedOthers += statuses.filter((status) => status === 429).length;
    },
    refusedOthers: () => refusedOthers,
  };
}

/**
 * The server's clock jumps, and so do the times in its answers. @param {Sim} sim @param {FaultProxy} proxy @param
 * {Random} random @returns {Scene}
 */
function clockJumps(sim, proxy, random) {
  const { date, retryAfter } = faults.wrongClock(random);
  return {
    async beforeEach() {
      if (!random.chance(0.1)) return;
      proxy.note({ name: 'the server’s clock jumps', phase: 'whole', play: () => {} });
      await sim.advanceClock(random.between(-40_000_000_000, 40_000_000_000));
    },
    request: () => (random.chance(0.4) ? (random.chance(0.1) ? retryAfter : date) : undefined),
  };
}

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const YEAR_MS = 31_536_000_000;

/**
 * The clock of the client's machine is set while it writes, waits for retries and holds leases.
 * @param {OwnClock | undefined} clock @param {FaultProxy} proxy @param {Random} random @returns {Scene}
 */
function ownClockJumps(clock, proxy, random) {
  if (clock === undefined) throw new Error('this row needs a process with its own clock');
  return {
    beforeEach() {
      if (!random.chance(0.1)) return;
      proxy.note({ name: 'the client’s clock jumps', phase: 'whole', play: () => {} });
      if (random.chance(0.2)) clock.right();
      else clock.jump((random.next() * 2 - 1) * random.pick([SECOND_MS, HOUR_MS, YEAR_MS]));
    },
    ...sometimes(random, 0.2, [
      faults.endings('reset').processed,
      faults.endings('reset').unprocessed,
      faults.serverError(random, false),
      faults.tooMany,
      faults.tooManyRetryAfter(random),
    ]),
    end: () => clock.right(),
  };
}

const MIXED = { mixesAnswers: true };

/** @type {Row[]} */
export const rows = [
  ...atEveryPhase('reset', 'reset'),
  ...atEveryPhase('stall', 'stall'),
  ...atEveryPhase('end', 'closed').filter(({ name }) => /answer/.test(name)),
  row(
    'late',
    'processed after the client gave up',
    ({ random, timeoutMs }) => sometimes(random, 0.15, [faults.processedLate(timeoutMs * 2)]),
    SLOW,
  ),
  row(
    'slow',
    'slow bytes',
    ({ random, timeoutMs }) =>
      sometimes(random, 0.3, [
        faults.slowBytes(20, 1),
        faults.slowBytes(5, 5),
        faults.slowBytes(10, timeoutMs / 5),
      ]),
    SLOW,
  ),
  row(
    'duplicate',
    'answers twice',
    ({ random }) => sometimes(random, 0.25, [faults.duplicate, faults.lateDuplicate]),
    MIXED,
  ),
  row(
    'reorder',
    'answers exchanged',
    ({ random }) => sometimes(random, 0.3, [faults.reordered(10)]),
    MIXED,
  ),
  row('short-length', 'Content-Length too short', ({ random }) =>
    sometimes(random, 0.25, [faults.shortLength(random), faults.cutWithoutLength]),
  ),
  row(
    'long-length',
    'Content-Length too long',
    ({ random }) => sometimes(random, 0.2, [faults.longLength(random)]),
    SLOW,
  ),
  row('huge', 'huge bodies', ({ random }) => sometimes(random, 0.1, [faults.hugeBody(random)])),
  row('5xx', '5xx storms', ({ random }) =>
    storms(random, { calm: [10, 30], storm: [5, 20] }, [
      faults.serverError(random, false),
      faults.serverError(random, true),
    ]),
  ),
  row('429', '429 storms without Retry-After', ({ random }) =>
    timedStorms(random, { calm: [30, 100], stormMs: [50, 200] }, [faults.tooMany]),
  ),
  row('429-retry-after', '429 storms with Retry-After', ({ random }) =>
    timedStorms(random, { calm: [30, 100], stormMs: [50, 200] }, [
      faults.tooManyRetryAfter(random),
    ]),
  ),
  row('limit', 'the server’s own rate limit', ({ sim }) => othersSpendTheLimit(sim), {
    options: { rateLimits: { long: LIMIT } },
  }),
  row('clock', 'the server’s clock jumps', ({ sim, proxy, random }) =>
    clockJumps(sim, proxy, random),
  ),
  row(
    'own-clock',
    'the client’s clock jumps',
    ({ clock, proxy, random }) => ownClockJumps(clock, proxy, random),
    { hasOwnClock: true },
  ),
  row('restart', 'server restarts', ({ sim, proxy, random }) => restarts(sim, proxy, random), {
    retries: { maxRetries: 6, initialBackoffMs: 100, maxBackoffMs: 2_000 },
  }),
  row('database', 'database down behind a 400', ({ sim, proxy, random }) =>
    databaseOutages(sim, proxy, random),
  ),
  row('everything', 'all of them', everything, { ...SLOW, ...MIXED }),
];

/** @type {Row['scene']} */
function everything({ random, timeoutMs }) {
  const every = [
    ...Object.values(faults.endings('reset')),
    ...Object.values(faults.endings('stall')),
    ...Object.values(faults.endings('end')),
  ].filter(({ phase }) => phase !== 'connect');
  const { date, retryAfter } = faults.wrongClock(random);
  return {
    connection: () => (random.chance(0.05) ? faults.endings('reset').connect : undefined),
    ...sometimes(random, 0.25, [
      ...every,
      faults.processedLate(timeoutMs * 2),
      faults.slowBytes(20, 1),
      faults.duplicate,
      faults.lateDuplicate,
      faults.reordered(10),
      faults.shortLength(random),
      faults.cutWithoutLength,
      faults.longLength(random),
      faults.hugeBody(random),
      faults.serverError(random, false),
      faults.serverError(random, true),
      faults.tooMany,
      faults.databaseFailure(false),
      faults.databaseFailure(true),
      date,
      retryAfter,
    ]),
  };
}
