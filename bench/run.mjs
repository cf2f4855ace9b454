// `npm run bench`: builds what is missing, measures, writes bench/results/.
//   npm run bench                    everything, in less than ten minutes
//   npm run bench -- --full          1,000,000 records streamed instead of 100,000
//   npm run bench -- get new         scenarios whose name contains one of these words; writes no results
//   npm run bench -- --before DIR    with the build of this package in DIR beside this one; writes no results
//   npm run bench -- tokens          counts tokens and requests instead: see tokens/run.mjs
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildAddon } from '../scripts/build.mjs';
import { buildSim } from '../scripts/build-sim.mjs';
import { root, runOrThrow } from '../scripts/support/process.mjs';
import { longestGapMs } from './machine.mjs';
import { sample } from './measurement.mjs';
import { plot } from './plot.mjs';
import { scenarios, withBefore } from './scenarios.mjs';
import { figures, Samples } from './statistics.mjs';
import { report } from './table.mjs';

/** Milliseconds for which the machine's pauses are measured after each scenario. */
const LOOK_MS = 2_000;

async function build() {
  await buildAddon('release');
  // Otherwise the tests' simulator would be used if it is newer, which is many times slower.
  process.env.TWENTY_SIM_BIN ||= await buildSim('release');
  const ceiling = ['build', '--release', '--locked', '--package', 'bench-ceiling'];
  await runOrThrow('cargo', ceiling);
}

/** @param {import('./scenarios.mjs').Scenario} scenario */
async function measureScenario(scenario) {
  console.log(`\n${scenario.title}`);
  const samples = new Samples();
  for (let round = 1; round <= scenario.rounds; round += 1) {
    const rates = [];
    for (const contender of Object.keys(scenario.contenders)) {
      const measured = await sample(scenario, contender);
      samples.add(contender, measured);
      rates.push(`${contender} ${Math.round(figures.perSecond(measured) ?? 0)}/s`);
    }
    console.log(`  round ${round} of ${scenario.rounds}: ${rates.join(', ')}`);
  }
  return samples;
}

/** @param {string[]} args */
async function main(args) {
  if (args[0] === 'tokens') {
    const tokens = await import('./tokens/run.mjs');
    return await tokens.main(args.slice(1));
  }
  const { values, positionals: words } = parseArgs({
    args,
    allowPositionals: true,
    options: { full: { type: 'boolean', default: false }, before: { type: 'string' } },
  });
  const { full, before } = values;
  await build();
  if (before) process.env.BENCH_BEFORE = path.resolve(before);
  const all = scenarios({ full });
  const chosen = (before ? withBefore(all) : all).filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
  /** @type {import('./goals.mjs').Results} */
  const results = new Map();
  let machineGapMs = 0;
  for (const scenario of chosen) {
    results.set(scenario.name, await measureScenario(scenario));
    machineGapMs = Math.max(machineGapMs, await longestGapMs(LOOK_MS));
  }

  const command = ['npm run bench', ...(full ? ['-- --full'] : [])].join(' ');
  const text = report(chosen, results, command, machineGapMs);
  console.log(`\n${text}`);
  if (words.length > 0 || before) return;
  const folder = path.join(root, 'bench', 'results');
  const name = `node-${process.versions.node.split('.', 1)[0]}`;
  mkdirSync(path.join(folder, 'raw'), { recursive: true });
  writeFileSync(path.join(folder, `${name}.md`), text);
  writeFileSync(path.join(folder, `${name}.svg`), plot(results));
  const raw = JSON.stringify(Object.fromEntries(results), null, 1);
  writeFileSync(path.join(folder, 'raw', `${name}.json`), `${raw}\n`);
}

await main(process.argv.slice(2));
