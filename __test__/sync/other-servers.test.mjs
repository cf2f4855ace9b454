// What servers do that are newer or older than the recorded one, as their source says.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { domainToASCII } from 'node:url';
import { newPerson, useSim } from '../helpers/crm.mjs';
import { rewriting } from '../helpers/rewriting.mjs';

const crm = useSim({ preset: 'provisioned' });

/** @type {(() => Promise<void>)[]} */
const closers = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/**
 * A service on the simulator, behind a server that changes what is sent.
 * @param {Parameters<typeof rewriting>[1]} before
 * @param {import('../../index.js').SyncServiceOptions} [options]
 */
async function serviceBehind(before, options) {
  const server = await rewriting(crm.sim.baseUrl, before);
  closers.push(() => server.close());
  return { service: crm.service(options, { baseUrl: server.baseUrl }), log: server.log };
}

/** @param {AsyncIterable<any>} results */
async function all(results) {
  const list = [];
  for await (const result of results) list.push(result);
  return list;
}

/** @param {string} address */
function canonical(address) {
  const at = address.lastIndexOf('@');
  return `${address.slice(0, at).toLowerCase()}@${domainToASCII(address.slice(at + 1))}`;
}

/** As newer servers do with addresses in records and in filters. @param {any} value */
function canonicalize(value) {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (key !== 'primaryEmail') canonicalize(part);
    else if (typeof part === 'string') value[key] = canonical(part);
    else if (part?.in) part.in = part.in.map(canonical);
  }
}

test('a server that stores one form of an address: the row is found, and is one', async () => {
  const { service, log } = await serviceBehind((passing) => canonicalize(passing.json));
  await crm.client().post('/rest/people', {
    name: { firstName: 'Typed by hand' },
    emails: { primaryEmail: canonical('jane@bücher.de') },
  });
  const jane = newPerson({ name: 'Jane', email: 'jane@bücher.de' });
  const linked = await service.upsertPerson(jane);
  assert.equal(linked.created, false);
  assert.equal(linked.data.email, 'jane@xn--bcher-kva.de');
  const people = Array.from({ length: 20 }, () => newPerson());
  people[7] = newPerson({ email: 'JANE@bücher.de' });
  people[8] = newPerson({ email: 'sam@bücher.de' });
  people[9] = newPerson({ email: 'sam@xn--bcher-kva.de' });
  log.length = 0;
  const results = await all(service.syncPersons(people));
  assert.deepEqual(
    results.map(({ status }) => status),
    people.map(() => 'created'),
  );
  // The schema apart, one look-up and one write: nothing was refused.
  assert.deepEqual(
    log.map(({ status }) => status),
    [200, 201],
  );
  const warnings = results.flatMap((result) => result.warnings ?? []);
  assert.deepEqual(
    warnings.map(({ reason }) => reason),
    ['value_taken', 'value_taken'],
  );
  const rows = await crm.sim.records('people');
  const held = rows.filter((/** @type {any} */ row) => JSON.stringify(row).includes('xn--bcher'));
  assert.equal(held.length, 2);
});

test('a server that stores an address as nobody knows it: only its record fails', async () => {
  // A form that this project has never heard of: the part behind a plus is dropped.
  const bare = (/** @type {string} */ address) => address.replace(/\+[^@]*@/, '@');
  const { service } = await serviceBehind((passing) => {
    const walk = (/** @type {any} */ value) => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, part] of Object.entries(value)) {
        if (key !== 'primaryEmail') walk(part);
        else if (typeof part === 'string') value[key] = bare(part);
        else if (part?.in) part.in = part.in.map(bare);
      }
    };
    walk(passing.json);
  });
  await service.upsertPerson(newPerson({ email: 'jane+here@example.com' }));
  const people = Array.from({ length: 20 }, () => newPerson());
  people[7] = newPerson({ email: 'jane+there@example.com' });
  const results = await all(service.syncPersons(people));
  const failed = results.filter(({ status }) => status === 'failed');
  assert.deepEqual(
    failed.map(({ externalId }) => externalId),
    [people[7].external_id],
  );
  assert.equal((await crm.sim.records('people')).length, 20);
});
