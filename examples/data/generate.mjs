// Writes the example data: people.ndjson, companies.ndjson, and manifest.json with the expected results of a run.
//
//   node examples/data/generate.mjs                 the committed files again
//   node examples/data/generate.mjs --check         fails if the committed files differ
//   node examples/data/generate.mjs --people 50000 --companies 8000 --seed 7 --out /some/folder
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { makeCompanies } from './lib/companies.mjs';
import { makePeople } from './lib/people.mjs';
import { createRandom } from './lib/random.mjs';

const folder = path.dirname(fileURLToPath(import.meta.url));
export const defaults = { seed: 20_260_703, people: 2160, companies: 432 };

/**
 * The three files as text. The same options give the same text on every machine.
 * @param {{ seed?: number, people?: number, companies?: number }} [options]
 * @returns {Record<'people.ndjson' | 'companies.ndjson' | 'manifest.json', string>}
 */
export function generate(options = {}) {
  const { seed, people: personCount, companies: companyCount } = { ...defaults, ...options };
  const random = createRandom(seed);
  const companies = makeCompanies(random, companyCount);
  const people = makePeople(random, personCount, companies);
  const distinct = (rows) => new Set(rows.map((row) => row.external_id)).size;
  const manifest = {
    seed,
    companies: {
      lines: companies.rows.length,
      records: distinct(companies.rows),
      sharedDomains: companies.sharedDomains,
      madeOnTheWay: people.companiesMadeOnTheWay,
      neverNamed: people.namelessCompanies,
    },
    people: {
      lines: people.rows.length,
      records: distinct(people.rows) - people.refused.length,
      sharedEmails: people.sharedEmails,
      refused: people.refused,
    },
  };
  const lines = (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  return {
    'people.ndjson': lines(people.rows),
    'companies.ndjson': lines(companies.rows),
    'manifest.json': `${JSON.stringify(manifest, null, 2)}\n`,
  };
}

async function main() {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      out: { type: 'string', default: folder },
      seed: { type: 'string', default: String(defaults.seed) },
      people: { type: 'string', default: String(defaults.people) },
      companies: { type: 'string', default: String(defaults.companies) },
    },
  });
  const files = generate({
    seed: Number(values.seed),
    people: Number(values.people),
    companies: Number(values.companies),
  });
  if (!values.check) await mkdir(values.out, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(values.out, name);
    if (!values.check) {
      await writeFile(file, text);
      console.log(`${path.relative('.', file)}: ${text.trimEnd().split('\n').length} lines`);
    } else if ((await readFile(file, 'utf8')) !== text) {
      console.error(`${path.relative('.', file)} is stale: run node examples/data/generate.mjs`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
