// The goals of the measurements. A missed goal is not a failure: each figure is printed beside its goal.
import { figures } from './statistics.mjs';

/** @typedef {Map<string, import('./statistics.mjs').Samples>} Results */
/** @typedef {{ what: string, goal: string, here: string }} Row */

const isNode24 = Number(process.versions.node.split('.', 1)[0]) >= 24;

/** @param {number | undefined} value @param {number} [digits] */
export function number(value, digits) {
  if (value === undefined) return '–';
  const size = Math.abs(value);
  const fraction = digits ?? (size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return value.toLocaleString('en', {
    minimumFractionDigits: fraction,
    maximumFractionDigits: fraction,
  });
}

/** @param {number | undefined} ratio */
const times = (ratio) => (ratio === undefined ? '–' : `${number(ratio, ratio < 10 ? 2 : 0)}x`);

/** @param {number | undefined} ratio */
const percent = (ratio) => (ratio === undefined ? '–' : `${number(ratio * 100, 0)} %`);

/** @param {number | undefined} ratio */
const inverse = (ratio) => (ratio ? 1 / ratio : undefined);

/** @param {Results} results @returns {Row[]} */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a table
export function goalRows(results) {
  const { perSecond, mainUs, delayMax, peakRssMb, grownMb, writes } = figures;
  /** @param {string} scenario @param {string} other @param {import('./statistics.mjs').Figure} figure */
  const against = (scenario, other, figure) => results.get(scenario)?.ratio('ours', other, figure);
  /** @param {string} scenario @param {string} other @param {string} [client] */
  const bare = (scenario, other, client = 'ceiling') =>
    results.get(scenario)?.ratio(client, other, perSecond);
  /** @param {string} scenario @param {import('./statistics.mjs').Figure} figure */
  const ours = (scenario, figure) => results.get(scenario)?.median('ours', figure);
  /** @param {string} scenario */
  const singles = (scenario) => results.get(scenario)?.ratio('singles', 'ours', perSecond);
  /** @type {[string, string, string][]} */
  const rows = [
    [
      'upsert 2,000 new people against fetch: records per second at 0 ms / 20 ms latency',
      '50x / 25x',
      `${times(against('new-0ms', 'fetch', perSecond))} / ${times(against('new-20ms', 'fetch', perSecond))}`,
    ],
    [
      'what the bare Rust client reaches there, without look-ups and mapping',
      '–',
      `${times(bare('new-0ms', 'fetch'))} / ${times(bare('new-20ms', 'fetch'))}`,
    ],
    [
      'what it reaches with look-ups, all of them ready-made',
      '–',
      `${times(bare('new-0ms', 'fetch', 'bare-upserts'))} / ${times(bare('new-20ms', 'fetch', 'bare-upserts'))}`,
    ],
    [
      'the same by 2,000 `upsertPerson` at once, against one bulk call: records per second at 0 ms / 20 ms latency',
      'at least 70 %',
      `${percent(singles('new-0ms'))} / ${percent(singles('new-20ms'))}`,
    ],
    [
      'main-thread CPU per record: 2,000 in a new process / streamed',
      'at most 12 µs',
      `${number(ours('new-0ms', mainUs))} µs / ${number(ours('stream', mainUs))} µs`,
    ],
    [
      'main-thread CPU per record against fetch: 2,000 in a new process',
      '80x less',
      `${times(inverse(against('new-0ms', 'fetch', mainUs)))} less`,
    ],
    [
      'longest stall of the event loop in bulk: 2,000 / streamed',
      'under 15 ms',
      `${number(ours('new-0ms', delayMax))} ms / ${number(ours('stream', delayMax))} ms`,
    ],
    [
      'peak memory of 2,000 in bulk against fetch (whole process)',
      'at most 50 %',
      percent(against('new-0ms', 'fetch', peakRssMb)),
    ],
    [
      'memory growth of a stream from record 10,000 to its end',
      'under 100 MB',
      `${number(ours('stream', grownMb))} MB`,
    ],
    [
      '100,000 again, unchanged: writes; records per second against fetch',
      '0; 500x',
      `${number(ours('again', writes), 0)}; ${times(against('again', 'fetch', perSecond))}`,
    ],
    [
      'GET of 1.5 KB, 64 in flight, against undici.request: throughput; main-thread CPU',
      isNode24 ? '2x; 4.5x less' : '2.5x; 6x less',
      `${times(against('get-64', 'undici', perSecond))}; ${times(inverse(against('get-64', 'undici', mainUs)))} less`,
    ],
    [
      'what the bare Rust client reaches there, and bare hyper-util: throughput',
      '–',
      `${times(bare('get-64', 'undici'))}, ${times(bare('get-64', 'undici', 'hyper'))}`,
    ],
    [
      'the same against undici.Pool',
      '–',
      `${times(against('get-64', 'undici-pool', perSecond))}; ${times(inverse(against('get-64', 'undici-pool', mainUs)))} less`,
    ],
    [
      'the same against a bare Rust client: throughput',
      '90 %; stretch 95 %',
      percent(against('get-64', 'ceiling', perSecond)),
    ],
    [
      'one GET at a time against undici.request: throughput',
      isNode24 ? '1.0x; stretch 1.3x' : '–',
      times(against('get-1', 'undici', perSecond)),
    ],
    [
      "a real server's service times against a bare Rust client with ready-made batches: new / changed",
      'at least 90 %',
      `${percent(against('service-new', 'ceiling', perSecond))} / ${percent(against('service-changed', 'ceiling', perSecond))}`,
    ],
  ];
  return rows.map(([what, goal, here]) => ({ what, goal, here }));
}
