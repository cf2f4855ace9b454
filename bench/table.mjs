// The results as Markdown.
import { arch, availableParallelism, platform } from 'node:os';
import { goalRows, number } from './goals.mjs';
import { markdown } from './markdown.mjs';
import { figures } from './statistics.mjs';

/** @type {Record<string, string>} */
export const names = {
  ours: 'twenty-crm-native',
  singles: 'twenty-crm-native, single calls',
  before: 'the build before',
  'singles-before': 'the build before, single calls',
  fetch: 'fetch',
  undici: 'undici.request',
  'undici-pool': 'undici.Pool',
  ceiling: 'bare Rust client',
  'bare-upserts': 'bare Rust client, with look-ups',
  hyper: 'bare hyper-util',
};

/** @param {import('./scenarios.mjs').Scenario} scenario @param {import('./statistics.mjs').Samples} samples */
function scenarioTable({ unit }, samples) {
  /** @type {[string, import('./statistics.mjs').Figure][]} */
  const columns = [
    [`${unit}s/s`, figures.perSecond],
    [`CPU µs/${unit}`, figures.cpuUs],
    [`main thread µs/${unit}`, figures.mainUs],
    ['delay p50 ms', figures.delayP50],
    ['p99', figures.delayP99],
    ['max', figures.delayMax],
    ['peak MB', figures.peakRssMb],
    ['requests', figures.requests],
  ];
  const rows = samples.contenders().map((contender) => {
    const cells = columns.map(([, figure]) => {
      const value = samples.median(contender, figure);
      return number(value, figure === figures.requests ? 0 : undefined);
    });
    return [names[contender], ...cells];
  });
  return markdown([['', ...columns.map(([title]) => title)], ...rows]);
}

/**
 * This build by the one before, where both were measured: medians over the rounds, each compared with itself.
 * @param {import('./scenarios.mjs').Scenario[]} scenarios
 * @param {import('./goals.mjs').Results} results
 */
function beforeTable(scenarios, results) {
  const rows = scenarios.flatMap(({ name }) =>
    [
      ['ours', 'before'],
      ['singles', 'singles-before'],
    ].flatMap(([now, before]) => {
      const samples = results.get(name);
      if (!samples?.contenders().includes(before)) return [];
      const ratios = [figures.perSecond, figures.cpuUs, figures.mainUs, figures.requests].map(
        (figure) => number(samples.ratio(now, before, figure), 2),
      );
      return [[`${name}, ${names[now]}`, ...ratios]];
    }),
  );
  if (rows.length === 0) return [];
  const heads = ['this build by the build before', 'per second', 'CPU', 'main thread', 'requests'];
  return [markdown([heads, ...rows])];
}

/**
 * @param {import('./scenarios.mjs').Scenario[]} scenarios
 * @param {import('./goals.mjs').Results} results
 * @param {string} command
 * @param {number} machineGapMs See `longestGapMs`.
 */
export function report(scenarios, results, command, machineGapMs) {
  const rows = goalRows(results).map(({ what, goal, here }) => [what, goal, here]);
  const parts = scenarios.flatMap((scenario) => {
    const samples = results.get(scenario.name);
    if (samples === undefined) return [];
    return [`### ${scenario.title}`, scenarioTable(scenario, samples)];
  });
  return `${[
    `# Benchmarks, Node ${process.versions.node}`,
    `\`${command}\` on ${availableParallelism()} cores (${platform()} ${arch()}). The simulated server runs on the same cores, so no contender can be faster than the server allows; the bare Rust client shows that limit. Each measurement is a new process against a new, warmed-up server, and the contenders take turns. Figures are medians. Ratios compare contenders within a round, so they hold on a busy machine; absolute figures are those of this machine.`,
    markdown([['', 'goal', 'measured'], ...rows]),
    ...beforeTable(scenarios, results),
    '*fetch* is a typical application: one look-up and one write for each record, all at once, through the global `fetch`. *undici.request* and *undici.Pool* (64 connections) do the same through undici 6. The *bare Rust client* is reqwest without retries, rate limiting, mapping or JavaScript; it posts ready-made batches at the same concurrency, without a look-up. *With look-ups*, it first asks for the schema, and before each batch for its rows, as a client must to avoid duplicates. *Bare hyper-util* is the library below reqwest, which this package uses if there is no proxy. Every contender returns parsed JSON. Main thread: time that the JavaScript thread was on a processor. Delay: how late the event loop was.',
    `The machine itself paused for up to ${number(machineGapMs)} ms: the longest gap that threads which only read the clock saw between the scenarios.`,
    ...parts,
  ].join('\n\n')}\n`;
}
