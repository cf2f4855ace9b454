// The results as Markdown.
import { arch, availableParallelism, platform } from 'node:os';
import { goalRows, number } from './goals.mjs';
import { markdown } from './markdown.mjs';
import { figures } from './statistics.mjs';

/** @type {Record<string, string>} */
export const names = {
  ours: 'twenty-crm-native',
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
    `\`${command}\` on ${availableParallelism()} cores (${platform()} ${arch()}), which the simulated server shares: no contender can be faster than the server leaves processors for, and the bare Rust client shows where that is. Each measurement is a new process against a new server that was warmed up, the contenders take turns, and figures are medians: ratios of rounds, not of different times, so that they hold on a busy machine; absolute figures are this machine's.`,
    markdown([['', 'goal', 'measured'], ...rows]),
    '*fetch* is what an application would write: for each record a look-up and a write, all at once, through the global `fetch`; *undici.request* and *undici.Pool* (64 connections) are the same through undici 6. The *bare Rust client* is reqwest (*bare hyper-util* is what reqwest is made of, and what this package uses where there is no proxy) without retries, pacing, mapping or JavaScript; for records it posts ready-made batches at the same concurrency, without a look-up; *with look-ups*, it asks for the schema first and before each batch for its rows, as a client must that makes no doubles. Every contender gives parsed JSON. Main thread: the time that the JavaScript thread was on a processor; delay: how late the event loop was.',
    `The machine itself stood still for up to ${number(machineGapMs)} ms: the longest gap that threads which only read the clock saw between the scenarios.`,
    ...parts,
  ].join('\n\n')}\n`;
}
