// `npm run bench -- tokens`: the tokens and requests that each piece of work takes from a server's rate limit. Times
// are not measured, so any build works, and the machine may be busy.
//   npm run bench -- tokens            all of them
//   npm run bench -- tokens run once   those whose name contains one of these words
//   npm run bench -- tokens --json     the figures as JSON
import { buildAddon } from '../../scripts/build.mjs';
import { buildSim } from '../../scripts/build-sim.mjs';
import { markdown } from '../markdown.mjs';
import { count } from './count.mjs';
import { works } from './works.mjs';

const RUNS = 10_000;

/** The text of each goal. @type {Record<keyof import('./works.mjs').Goals, (most: number) => string>} */
const words = {
  tokens: (most) => `at most ${most} tokens`,
  requests: (most) => `at most ${most} requests`,
  refusals: () => 'no refusal',
  waitedMs: () => 'no wait for the limit',
  othersLater: () => 'all others done first',
};

/** @param {import('./works.mjs').Goals} goals */
const inWords = (goals) =>
  Object.entries(goals)
    .map(([figure, most]) => words[/** @type {keyof typeof words} */ (figure)](most))
    .join(', ');

/** @param {import('./count.mjs').Counted} counted */
function row({ title, tokens, requests, refusals, waitedMs, othersLater, goals, isReached }) {
  const besides = [
    refusals > 0 && `${refusals} refusals`,
    waitedMs > 0 && `${Math.round(waitedMs)} ms waited`,
    'othersLater' in goals && othersLater !== 0 && `${othersLater} others later`,
  ].filter(Boolean);
  return [
    title,
    String(tokens),
    String(requests),
    besides.join(', ') || '–',
    inWords(goals),
    isReached ? 'yes' : 'no',
  ];
}

/** @param {string[]} args Words of names, and `--json`. */
export async function main(args) {
  const isJson = args.includes('--json');
  const unknown = args.find((arg) => arg.startsWith('-') && arg !== '--json');
  if (unknown) throw new Error(`unknown option ${unknown}: the only one is --json`);
  const names = args.filter((arg) => !arg.startsWith('-'));
  await buildAddon(undefined, { quiet: isJson });
  await buildSim();
  const chosen = works(RUNS).filter(
    ({ name }) => names.length === 0 || names.some((word) => name.includes(word)),
  );
  const all = [];
  for (const work of chosen) {
    if (!isJson) console.error(work.title);
    all.push(await count(work, RUNS));
  }
  if (isJson) return console.log(JSON.stringify(all, null, 2));
  const head = ['work', 'tokens', 'requests', 'besides', 'goal', 'reached'];
  console.log(`\n${markdown([head, ...all.map(row)])}`);
}
