// The faults of the soak test: single ones all the time, and larger events now and then.
import { setTimeout as sleep } from 'node:timers/promises';
import * as faults from './faults.mjs';
import { restartBehind } from './restartable-sim.mjs';

/** @typedef {import('./fault-proxy.mjs').Fault} Fault */
/** @typedef {import('./fault-proxy.mjs').Scene} Scene */

/** Share of all requests. */
const STALLS = 0.002;

/**
 * @typedef {object} Events
 * @property {number} single Share of the requests that get a small fault.
 * @property {[number, number]} everyRequests Requests between two larger events.
 * @property {[number, number]} lastMs
 */

/**
 * The scenes of one soak test, in order.
 * @param {object} how
 * @param {import('./random.mjs').Random} how.random
 * @param {import('./fault-proxy.mjs').FaultProxy} how.proxy
 * @param {import('./fault-rows.mjs').Sim} how.sim
 * @param {Events} how.events
 * @returns {() => Scene}
 */
export function soakScenes({ random, proxy, sim, events: { single, everyRequests, lastMs } }) {
  const isPlain = (/** @type {Fault} */ { phase }) => phase !== 'connect';
  const stalls = Object.values(faults.endings('stall')).filter(isPlain);
  const { date } = faults.wrongClock(random);
  const nextSmall = random.deal([
    ...Object.values(faults.endings('reset')).filter(isPlain),
    ...Object.values(faults.endings('end')).filter(isPlain),
    faults.slowBytes(20, 1),
    faults.duplicate,
    faults.lateDuplicate,
    faults.reordered(20),
    faults.shortLength(random),
    faults.cutWithoutLength,
    faults.serverError(random, false),
    faults.serverError(random, true),
    faults.tooMany,
    faults.databaseFailure(false),
    faults.databaseFailure(true),
    date,
  ]);
  const note = (/** @type {string} */ name) => proxy.note({ name, phase: 'whole', play: () => {} });
  const lasting = () => sleep(random.between(...lastMs));
  /** @type {Fault | undefined} */
  let storm;
  /** @param {string} name @param {Fault} fault */
  const storming = async (name, fault) => {
    note(name);
    storm = fault;
    await lasting();
    storm = undefined;
  };
  const nextLarger = random.deal([
    () => storming('5xx storm', faults.serverError(random, random.chance(0.5))),
    () => storming('429 storm', faults.tooMany),
    async () => {
      note('restart');
      await restartBehind(proxy, sim, lasting);
    },
    async () => {
      note('database down');
      await sim.setOptions({ databaseDown: true });
      await lasting();
      await sim.setOptions({ databaseDown: false });
    },
    async () => {
      note('the server’s clock jumps');
      await sim.advanceClock(random.between(-40_000_000_000, 40_000_000_000));
    },
  ]);
  return () => {
    let next = proxy.requests + random.between(...everyRequests);
    /** @type {Promise<unknown> | undefined} */
    let going;
    return {
      beforeEach(number) {
        if (number < next || going !== undefined) return;
        going = nextLarger()().finally(() => {
          going = undefined;
          next = proxy.requests + random.between(...everyRequests);
        });
      },
      request() {
        if (storm && random.chance(0.9)) return storm;
        if (random.chance(STALLS)) return random.pick(stalls);
        return random.chance(single) ? nextSmall() : undefined;
      },
      end: () => going,
    };
  };
}
