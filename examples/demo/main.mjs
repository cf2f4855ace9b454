// Syncs companies and people from files into a Twenty server, then the same files again: nothing is created twice.
// Started by `npm run demo`.
//
//   npm run demo                   against the simulator, which it starts
//   TWENTY_CRM_BASE_URL=… TWENTY_CRM_API_KEY=… npm run demo
//   npm run demo -- --limit 50     only the first 50 lines of each file
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createTwentyCrmSyncService, isTwentyCrmError } from '../../index.mjs';
import { countRecords, readRecords } from './ndjson.mjs';
import { openServer, UsageError } from './server.mjs';
import { syncFile } from './sync.mjs';
import { checkFirstRun, checkRefusals, checkRepeat, companiesOnTheWay } from './verdict.mjs';
import {
  complain,
  number,
  pace,
  paint,
  progress,
  refusals,
  say,
  table,
  title,
  warnings,
} from './view.mjs';

const data = new URL('../data/', import.meta.url);
const files = {
  companies: new URL('companies.ndjson', data),
  people: new URL('people.ndjson', data),
};

/** So many single calls are made at once. */
const DOZEN = 12;

/**
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
export async function main(args) {
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort(new Error('interrupted')));
  try {
    return await demo(readLimit(args), abort.signal);
  } catch (error) {
    if (abort.signal.aborted) {
      say('\n\nStopped. The next run goes on from here, and creates nothing twice.');
      return 130;
    }
    console.error(paint('red', `\n${describe(error)}`));
    return 1;
  }
}

/** @param {unknown} error */
function describe(error) {
  if (isTwentyCrmError(error)) return `${error.message} (${error.code})`;
  if (error instanceof UsageError) return error.message;
  return error instanceof Error ? error.stack : String(error);
}

/** @param {string[]} args */
function readLimit(args) {
  let limit;
  try {
    ({ limit } = parseArgs({ args, options: { limit: { type: 'string' } } }).values);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (limit !== undefined && !/^[1-9]\d*$/.test(limit)) {
    throw new UsageError(`--limit ${limit}: give a whole number from 1 up`);
  }
  return limit === undefined ? undefined : Number(limit);
}

/**
 * @param {number | undefined} limit
 * @param {AbortSignal} signal
 */
async function demo(limit, signal) {
  const server = await openServer(process.env, signal);
  try {
    const { people } = JSON.parse(await readFile(new URL('manifest.json', data), 'utf8'));
    const totals = {
      companies: await countRecords(files.companies, limit),
      people: await countRecords(files.people, limit),
    };
    /** @type {import('./verdict.mjs').Foreseen[]} */
    const foreseen = people.refused.filter(
      (/** @type {{ line: number }} */ { line }) => line <= totals.people,
    );
    const context = { server, signal, limit, totals, foreseen };
    const [companiesInWords, peopleInWords] = [number(totals.companies), number(totals.people)];
    say(`\nServer  ${server.description}`);
    say(`Data    examples/data: ${companiesInWords} companies, ${peopleInWords} people`);

    /** @type {import('../../index.mjs').SyncWarning[]} */
    const warned = [];
    const newService = () =>
      createTwentyCrmSyncService(server.config, {
        defaultCountry: 'DE',
        onWarning: (warning) => warned.push(warning),
      });
    const crm = newService();

    title('First run: syncCompanies, then syncPersons');
    const before = await server.count();
    const first = await run(crm, context);
    const between = await server.count();
    refusals([...first.companies.refused, ...first.people.refused]);
    warnings(warned);
    const onTheWay = companiesOnTheWay(first);
    say(
      `\n  The server holds ${number(between.companies)} companies` +
        `${onTheWay > 0 ? ` (${onTheWay} of them made because a person names them)` : ''}` +
        ` and ${number(between.people)} people`,
    );

    title('Second run: the same files and the same service, which remembers what it wrote');
    const second = await run(crm, context);
    say(
      '\n  Unchanged records are not sent. The others are tried again: they were stored without a value that\n' +
        '  another record holds or without a company that is missing, or the file has them in two versions.',
    );

    title('Third run: a service that remembers nothing compares with the server (verifyUnchanged)');
    const stranger = newService();
    stranger.clearCache();
    const third = await run(stranger, context, { verifyUnchanged: true });
    const after = await server.count();

    title(`${DOZEN} calls of upsertPerson at once`);
    await singleCalls(crm, context, first);

    const problems = [
      ...checkFirstRun(first, before, between),
      ...[first, second, third].flatMap((one) => checkRefusals(one, foreseen)),
      ...[second, third].flatMap((one) => checkRepeat(first, one, between, after)),
    ];
    if (problems.length > 0) {
      complain(problems);
      return 1;
    }
    say(
      paint(
        'green',
        `\n✔ Nothing was created twice: still ${number(after.companies)} companies and ` +
          `${number(after.people)} people, every one under the id that it had.\n`,
      ),
    );
    say(server.next);
    return 0;
  } finally {
    await server.close();
  }
}

/**
 * @typedef {object} Context
 * @property {import('./server.mjs').Server} server
 * @property {AbortSignal} signal
 * @property {number | undefined} limit
 * @property {{ companies: number, people: number }} totals
 * @property {import('./verdict.mjs').Foreseen[]} foreseen
 */

/**
 * Both files. Companies first, so that people find the ones that they belong to.
 * @param {import('../../index.mjs').TwentyCrmSyncService} crm
 * @param {Context} context
 * @param {import('../../index.mjs').SyncOptions} [options]
 * @returns {Promise<import('./verdict.mjs').Run>}
 */
async function run(crm, { server, signal, limit, totals, foreseen }, options) {
  const tokensBefore = await server.tokens();
  /** @type {(kind: 'companies' | 'people') => Promise<import('./sync.mjs').Report>} */
  const sync = async (kind) => {
    const isPeople = kind === 'people';
    const bar = progress(isPeople ? 'People' : 'Companies', totals[kind]);
    const settings = { ...options, signal, onProgress: bar.update };
    try {
      return await syncFile(
        readRecords(files[kind], limit),
        (records) =>
          isPeople ? crm.syncPersons(records, settings) : crm.syncCompanies(records, settings),
        isPeople ? foreseen : [],
      );
    } finally {
      bar.stop();
    }
  };
  const companies = await sync('companies');
  const people = await sync('people');
  const tokens = await server.tokens();
  table([
    ['Companies', companies],
    ['People', people],
  ]);
  pace([companies, people], tokens - tokensBefore);
  return { companies, people };
}

/**
 * People of the first run again, each by a call of its own.
 * @param {import('../../index.mjs').TwentyCrmSyncService} crm
 * @param {Context} context
 * @param {import('./verdict.mjs').Run} first
 */
async function singleCalls(crm, { server, signal, limit }, { people }) {
  const some = [];
  for await (const record of readRecords(files.people, limit)) {
    if (people.ids.has(record.external_id)) some.push(record);
    if (some.length === DOZEN) break;
  }
  const tokens = await server.tokens();
  const { requests } = crm.stats();
  await Promise.all(some.map((person) => crm.upsertPerson(person, { signal })));
  const sent = crm.stats().requests - requests;
  const took = (await server.tokens()) - tokens;
  const inTokens = Number.isNaN(took) ? '' : ` and ${took} tokens`;
  say(
    `\n  ${some.length} people written with ${sent} requests${inTokens}: calls of one moment travel together`,
  );
}
