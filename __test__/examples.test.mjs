// The example data keeps its promises, and the generator produces exactly these files.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generate } from '../examples/data/generate.mjs';

const folder = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../examples/data');
/** @param {string} name */
const read = (name) => readFile(path.join(folder, name), 'utf8');
/** @param {string} text @returns {any[]} */
const parse = (text) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const people = parse(await read('people.ndjson'));
const companies = parse(await read('companies.ndjson'));
const manifest = JSON.parse(await read('manifest.json'));

test('the committed files are the generator’s output', async () => {
  for (const [name, text] of Object.entries(generate())) {
    assert.ok((await read(name)) === text, `${name}: run node examples/data/generate.mjs`);
  }
});

test('another seed gives other data, the same seed the same', () => {
  const small = { people: 300, companies: 60 };
  assert.deepEqual(generate({ ...small, seed: 7 }), generate({ ...small, seed: 7 }));
  assert.notDeepEqual(generate({ ...small, seed: 7 }), generate({ ...small, seed: 8 }));
});

test('there are enough records, and as many as the manifest says', () => {
  assert.ok(people.length >= 2000 && companies.length >= 400);
  assert.equal(people.length, manifest.people.lines);
  assert.equal(companies.length, manifest.companies.lines);
  const bad = new Set(manifest.people.refused.map((/** @type {any} */ { line }) => line - 1));
  const accepted = people.filter((_, n) => !bad.has(n));
  assert.equal(new Set(accepted.map((p) => p.external_id)).size, manifest.people.records);
  const known = new Set(companies.map((c) => c.external_id));
  assert.equal(known.size, manifest.companies.records);
  const named = accepted.filter((p) => p.company_external_id && p.company_name);
  const onTheWay = named.map((p) => p.company_external_id).filter((id) => !known.has(id));
  assert.equal(new Set(onTheWay).size, manifest.companies.madeOnTheWay);
});

test('addresses are on reserved hosts, or are invented pages on shared hosts', () => {
  const shared =
    /^(www\.)?(facebook\.com|linktr\.ee|instagram\.com|linkedin\.com)$|\.github\.io$|^sites\.google\.com$/;
  const reserved = /(^|\.)(example|test)$|(^|\.)example\.(com|org|net)$/;
  const links = [
    ...people.map((p) => p.website),
    ...companies.flatMap((c) => [c.website, c.domain_name]),
  ];
  let checked = 0;
  for (const link of links) {
    if (typeof link !== 'string' || !link.includes('.')) continue;
    const trimmed = link.trim();
    const { hostname } = new URL(/^https?:/i.test(trimmed) ? trimmed : `https://${trimmed}`);
    assert.ok(reserved.test(hostname) || (shared.test(hostname) && link.includes('example')), link);
    checked += 1;
  }
  assert.ok(checked > 1000);
});
