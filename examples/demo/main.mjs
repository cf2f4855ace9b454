// Reads companies and people from files and upserts all of them into a Twenty server, twice: the second time
// nothing may be created. Started by `npm run demo`.
//
//   npm run demo                          against the simulator, which it starts
//   TWENTY_CRM_BASE_URL=… TWENTY_CRM_API_KEY=… npm run demo
//   npm run demo -- --limit 50            only the first 50 lines of each file
//   npm run demo -- --concurrency 16      upserts under way at once
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createTwentyCrmSyncService, isTwentyCrmError } from '../../index.mjs';
import { countRecords } from './ndjson.mjs';
import { openServer, UsageError } from './server.mjs';
import { syncFile } from './sync.mjs';
import { checkFirstRun, checkRefusals, checkRepeat, companiesOnTheWay, isDue } from './verdict.mjs';
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

const data = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../data');
const files = {
  companies: path.join(data, 'companies.ndjson'),
  people: path.join(data, 'people.ndjson'),
};

/**
 * @param {string[]} args
 * @returns {Promise<number>} exit code
 */
export async function main(args) {
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort(new Error('interrupted')));
  try {
    return await demo(readOptions(args), abort.signal);
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
function parseOptions(args) {
  try {
    const options = /** @type {const} */ ({
      limit: { type: 'string' },
      concurrency: { type: 'string' },
    });
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string[]} args */
function readOptions(args) {
  const values = parseOptions(args);
  /** @param {'limit' | 'concurrency'} name */
  const count = (name) => {
    const text = values[name];
    if (text === undefined) return undefined;
    if (!/^[1-9]\d*$/.test(text))
      throw new UsageError(`--${name} ${text}: give a whole number from 1 up`);
    return Number(text);
  };
  return { limit: count('limit'), concurrency: count('concurrency') };
}

/**
 * @param {{ limit?: number, concurrency?: number }} options
 * @param {AbortSignal} signal
 */
async function demo({ limit, concurrency }, signal) {
  const server = await openServer(process.env, signal);
  try {
    const manifest = JSON.parse(await readFile(path.join(data, 'manifest.json'), 'utf8'));
    const totals = {
      companies: await countRecords(files.companies, limit),
      people: await countRecords(files.people, limit),
    };
    const context = {
      server,
      signal,
      limit,
      totals,
      concurrency: concurrency ?? server.concurrency,
      foreseen: manifest.people.refused.filter(
        (/** @type {{ line: number }} */ { line }) => line <= totals.people,
      ),
    };
    say(`\nServer  ${server.description}`);
    say(
      `Data    examples/data: ${number(totals.companies)} companies, ${number(totals.people)} people`,
    );
    if (!server.isSimulator) announcePatience(totals);

    const before = await server.count();
    title('First run');
    const first = await run(context);
    const between = await server.count();
    const onTheWay = companiesOnTheWay(first);
    say(
      `  The server holds ${number(between.companies)} companies` +
        `${onTheWay > 0 ? ` (${onTheWay} of them made because a person names them)` : ''}` +
        ` and ${number(between.people)} people`,
    );

    title('Second run: the same files, a new service, an empty cache');
    const second = await run(context, { brief: true });
    const after = await server.count();

    const problems = [
      ...checkRefusals(first, context.foreseen),
      ...checkFirstRun(first, before, between),
      ...checkRefusals(second, context.foreseen),
      ...checkRepeat(first, second, between, after),
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
    return 0;
  } finally {
    await server.close();
  }
}

/**
 * Both runs together send about four requests for a record: one to create it, up to three to find and update it.
 * @param {{ companies: number, people: number }} totals
 */
function announcePatience({ companies, people }) {
  const minutes = Math.ceil((4 * (companies + people)) / 100);
  say(
    `        A server with Twenty's default limit of 100 calls a minute needs about ${minutes} minutes;\n` +
      '        `npm run demo -- --limit 50` takes 50 lines of each file. Ctrl-C stops at any time.',
  );
}

/**
 * Companies first, so that people find the ones that they belong to.
 * @param {object} context
 * @param {import('./server.mjs').Server} context.server
 * @param {AbortSignal} context.signal
 * @param {number} [context.limit]
 * @param {number} context.concurrency
 * @param {{ companies: number, people: number }} context.totals
 * @param {import('./verdict.mjs').Foreseen[]} context.foreseen
 * @param {{ brief?: boolean }} [options] `brief` leaves out what the first run told already
 * @returns {Promise<import('./verdict.mjs').Run>}
 */
async function run(
  { server, signal, limit, concurrency, totals, foreseen },
  { brief = false } = {},
) {
  /** @type {import('../../index.mjs').SyncWarning[]} */
  const warned = [];
  const crm = createTwentyCrmSyncService(server.config, {
    defaultCountry: 'DE',
    onWarning: (warning) => warned.push(warning),
  });
  // Services of one process share what they remember; a process that starts anew remembers nothing.
  crm.clearCache();
  const requestsBefore = await server.requests();
  const due = new Map(foreseen.map((item) => [item.line, item]));

  /**
   * @param {'companies' | 'people'} kind
   * @param {(record: any) => ReturnType<typeof crm.upsertCompany | typeof crm.upsertPerson>} upsert
   */
  const sync = async (kind, upsert) => {
    const bar = progress(kind === 'people' ? 'People' : 'Companies', totals[kind]);
    try {
      return await syncFile({
        file: files[kind],
        limit,
        concurrency,
        upsert,
        isForeseen: (line, error) => kind === 'people' && isDue(due, line, error),
        onProgress: bar.update,
        signal,
      });
    } finally {
      bar.stop();
    }
  };
  const companies = await sync('companies', (company) => crm.upsertCompany(company, { signal }));
  const people = await sync('people', (person) => crm.upsertPerson(person, { signal }));

  table([
    ['Companies', companies],
    ['People', people],
  ]);
  if (!brief) {
    refusals([...companies.refused, ...people.refused]);
    warnings(warned);
  }
  const requests = await server.requests();
  pace(
    [companies, people],
    requests === undefined || requestsBefore === undefined ? undefined : requests - requestsBefore,
  );
  return { companies, people };
}
