// Many records: chunks, merged duplicates, collisions inside a run, poison records, unchanged records, lost answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTwentyCrmSyncService } from '../../index.mjs';
import { newCompany, newPerson, rejection, useSim } from '../helpers/crm.mjs';

const crm = useSim({ preset: 'provisioned' });

/** @param {any} run */
async function all(run) {
  const results = [];
  for await (const result of run) results.push(result);
  return results;
}

/** @param {number} count @param {(at: number) => object} [fields] */
const people = (count, fields = () => ({})) =>
  Array.from({ length: count }, (_, at) => newPerson(fields(at)));

test('450 new people: results in input order, one write per 200, and fewer look-ups', async () => {
  const service = crm.service();
  await service.upsertPerson(newPerson());
  const inputs = people(450);
  /** @type {any[]} */
  let results = [];
  const requests = await crm.requestsOf(async () => {
    results = await all(service.syncPersons(inputs));
  });
  assert.deepEqual(
    results.map((result) => result.externalId),
    inputs.map((input) => input.external_id),
  );
  assert.ok(results.every((result) => result.status === 'created'));
  assert.ok(requests <= 6, `${requests} requests`);
  assert.equal((await crm.sim.stats()).records.people, 451);
});

test('awaiting a run gives the summary, and onProgress is called for every chunk', async () => {
  const service = crm.service();
  const inputs = people(250);
  /** @type {any[]} */
  const progress = [];
  const summary = await service.syncPersons(inputs, { onProgress: (p) => progress.push(p) });
  assert.deepEqual(
    { ...summary, requests: 0, durationMs: 0 },
    {
      total: 250,
      created: 250,
      updated: 0,
      unchanged: 0,
      failed: 0,
      warnings: 0,
      requests: 0,
      durationMs: 0,
    },
  );
  assert.ok(summary.requests >= 4);
  assert.deepEqual(
    progress.map(({ done, total }) => [done, total]),
    [
      [200, 250],
      [250, 250],
    ],
  );
});

test('an awaited run recognises unchanged records by their text, and repeats their warnings', async () => {
  /** @type {any[]} */
  const warnings = [];
  const onWarning = (/** @type {any} */ warning) => warnings.push(warning.field);
  const service = crm.service({ onWarning });
  const inputs = people(3, (at) => ({ phone: at === 1 ? '030 23125042' : undefined }));
  assert.equal((await service.syncPersons(inputs)).created, 3);
  assert.deepEqual(warnings, ['phone']);
  for (const round of [1, 2]) {
    const { unchanged, requests } = await service.syncPersons(inputs);
    assert.deepEqual({ unchanged, requests }, { unchanged: 3, requests: 0 }, `round ${round}`);
    assert.equal(warnings.length, 1 + round);
  }

  // The same text means more to a service that knows the country.
  const german = createTwentyCrmSyncService(
    { baseUrl: crm.sim.baseUrl, apiKey: crm.sim.apiKey },
    { defaultCountry: 'DE' },
  );
  const { updated, unchanged } = await german.syncPersons(inputs);
  assert.deepEqual({ updated, unchanged }, { updated: 1, unchanged: 2 });

  // After a write through another method, the earlier text is a change again.
  await service.upsertPerson({ ...inputs[0], job_title: 'Boss' });
  assert.equal((await service.syncPersons([inputs[0]])).updated, 1);
  assert.equal((await service.syncPersons([inputs[0]])).unchanged, 1);
});

test('known, changed, refused and duplicate records of one chunk are told apart', async () => {
  const service = crm.service();
  const inputs = people(6);
  await service.syncPersons(inputs);
  const [first, second, third, fourth, fifth, sixth] = inputs;
  const mixed = [
    first,
    { name: 'Without an id' },
    { ...second, job_title: 'Boss' },
    third,
    fourth,
    { ...fourth, city: 'Bonn' },
    fifth,
    { ...sixth, email: 'none' },
  ];
  const { created, updated, unchanged, failed } = await service.syncPersons(mixed);
  assert.deepEqual(
    { created, updated, unchanged, failed },
    { created: 0, updated: 3, unchanged: 3, failed: 2 },
  );
  const rows = await crm.sim.records('people');
  const told = (/** @type {any} */ { external_id }) => {
    const { jobTitle, city } = rows.find(
      (/** @type {any} */ row) => row.externalId === external_id,
    );
    return `${jobTitle ?? ''} ${city ?? ''}`.trim();
  };
  const base = told(first);
  assert.notEqual(told(second), base);
  assert.match(told(second), /Boss/);
  assert.match(told(fourth), /Bonn/);
  assert.equal(told(third), told(fifth));
});

test('the same text is two records as a person and as a company', async () => {
  const service = crm.service();
  const input = { external_id: 'both', name: 'Acme', email: 'both@example.com' };
  assert.equal((await service.syncPersons([input])).created, 1);
  assert.equal((await service.syncCompanies([input])).created, 1);
  assert.equal((await service.syncPersons([input])).unchanged, 1);
  await service.upsertCompany({ external_id: 'both', name: 'Other' });
  assert.equal((await service.syncPersons([input])).unchanged, 1);
  assert.equal((await service.syncCompanies([input])).updated, 1);
});

test('a text is written again after another one was written in between', async () => {
  const service = crm.service();
  const [one] = people(1, () => ({ job_title: 'Founder' }));
  const changed = { ...one, job_title: 'Boss' };
  await service.syncPersons([one]);
  const job = async () => {
    const rows = await crm.sim.records('people');
    return rows.find((/** @type {any} */ row) => row.externalId === one.external_id).jobTitle;
  };

  // In one chunk: both are the same record, the later one wins.
  assert.equal((await service.syncPersons([changed, one])).failed, 0);
  assert.equal(await job(), 'Founder');
  assert.equal((await service.syncPersons([one])).unchanged, 1);

  // In two parallel chunks: the second must wait for the first before it is recognised.
  const others = people(199, (at) => ({ external_id: `other-${at}`, email: `other-${at}@x.com` }));
  const { created, updated } = await service.syncPersons([changed, ...others, one]);
  assert.deepEqual({ created, updated }, { created: 199, updated: 2 });
  assert.equal(await job(), 'Founder');
});

test('unchanged records are not sent, changed ones are, force sends all', async () => {
  const service = crm.service();
  const inputs = people(230, (at) => ({ job_title: `Job ${at}` }));
  await service.syncPersons(inputs);
  const again = await service.syncPersons(inputs);
  assert.equal(again.unchanged, 230);
  assert.equal(again.requests, 0);

  const changed = inputs.map((input, at) => (at === 7 ? { ...input, job_title: 'Boss' } : input));
  const results = await all(service.syncPersons(changed));
  assert.deepEqual(
    results
      .filter((result) => result.status !== 'unchanged')
      .map((result) => [result.status, result.data.job_title]),
    [['updated', 'Boss']],
  );
  assert.equal(
    results[8].data.job_title,
    'Job 8',
    'an unchanged record shows what was written last',
  );

  const forced = await service.syncPersons(changed, { force: true });
  assert.equal(forced.updated, 230);

  // Somebody changes a row in Twenty: only a comparison notices.
  await crm.client().patch(`/rest/people/${results[3].id}`, { jobTitle: 'Edited' });
  assert.equal((await service.syncPersons(changed)).unchanged, 230);
  const verified = await service.syncPersons(changed, { verifyUnchanged: true });
  assert.deepEqual([verified.unchanged, verified.updated], [229, 1]);
});

test('a process without memory finds the existing rows', async () => {
  const service = crm.service();
  const inputs = people(210);
  await service.syncPersons(inputs);
  service.clearCache();
  const summary = await service.syncPersons(inputs.map((input) => ({ ...input, city: 'Rome' })));
  assert.deepEqual([summary.created, summary.updated], [0, 210]);
  assert.equal((await crm.sim.stats()).records.people, 210);
});

test('duplicates in the input are merged field by field, and all get the answer', async () => {
  const service = crm.service();
  const person = newPerson();
  const results = await all(
    service.syncPersons([{ ...person, job_title: 'A' }, newPerson(), { ...person, city: 'Oslo' }]),
  );
  assert.deepEqual(
    results.map((result) => result.status),
    ['created', 'created', 'updated'],
  );
  assert.equal(results[0].id, results[2].id);
  assert.equal(results[0].data.job_title, 'A');
  assert.equal(results[0].data.city, 'Oslo');
});

test('a key in several chunks: the last data wins', async () => {
  const service = crm.service();
  const person = newPerson();
  const inputs = people(900);
  for (const at of [10, 310, 610, 890]) inputs[at] = { ...person, job_title: `Job ${at}` };
  const results = await all(service.syncPersons(inputs, { maxConcurrency: 8 }));
  assert.ok(results.every((result) => result.status !== 'failed'));
  const rows = (await crm.sim.records('people')).filter(
    (row) => row.externalId === person.external_id,
  );
  assert.deepEqual(
    rows.map((row) => row.jobTitle),
    ['Job 890'],
  );
});

test('two profiles of one run with one e-mail: the first keeps it, within a chunk and across chunks', async () => {
  const service = crm.service();
  const email = 'shared@run.example';
  const inputs = people(500);
  for (const at of [5, 9, 450]) inputs[at] = { ...inputs[at], email };
  const results = await all(service.syncPersons(inputs, { maxConcurrency: 8 }));
  assert.deepEqual(
    [5, 9, 450].map((at) => [
      results[at].status,
      results[at].data.email,
      results[at].warnings.length,
    ]),
    [
      ['created', email, 0],
      ['created', '', 1],
      ['created', '', 1],
    ].map(([status, value, count]) => [
      status,
      value === '' ? results[9].data.email : value,
      count,
    ]),
  );
  for (const at of [9, 450]) {
    assert.equal(results[at].warnings[0].reason, 'value_taken');
    assert.equal(results[at].warnings[0].otherExternalId, inputs[5].external_id);
  }
  // A record that was written without one of its values keeps no hash: it is checked again.
  const again = await all(service.syncPersons(inputs));
  assert.deepEqual(
    [5, 9, 450].map((at) => again[at].status),
    ['unchanged', 'updated', 'updated'],
  );
});

test('companies of people are written before the people', async () => {
  const service = crm.service();
  const known = newCompany();
  await service.upsertCompany(known);
  service.clearCache();
  const inputs = people(300, (at) => ({
    company_external_id:
      at % 3 === 0 ? known.external_id : at % 3 === 1 ? `new-${at % 7}` : 'nobody',
    ...(at % 3 === 1 && { company_name: `New ${at % 7}` }),
  }));
  const results = await all(service.syncPersons(inputs));
  assert.ok(results.every((result) => result.status === 'created'));
  const companies = await crm.sim.records('companies');
  assert.equal(companies.length, 8);
  const ids = new Map(companies.map((row) => [row.externalId, row.id]));
  const rows = new Map((await crm.sim.records('people')).map((row) => [row.externalId, row]));
  for (const [at, input] of inputs.entries()) {
    const expected = ids.get(/** @type {any} */ (input).company_external_id);
    assert.equal(rows.get(input.external_id).companyId ?? undefined, expected, `person ${at}`);
    assert.equal(results[at].warnings.length, expected === undefined ? 1 : 0);
  }
});

test('bad records fail with their own reasons, good ones are stored', async () => {
  const service = crm.service();
  /** @type {any[]} */
  const inputs = people(203);
  inputs[1] = { ...inputs[1], email: 'no e-mail' };
  inputs[2] = null;
  inputs[3] = { ...inputs[3], total_submissions: Number.NaN };
  const results = await all(service.syncPersons(inputs));
  assert.deepEqual(
    results.flatMap((result, at) =>
      result.status === 'failed' ? [[at, result.error.details.field]] : [],
    ),
    [
      [1, 'email'],
      [2, 'input'],
      [3, 'total_submissions'],
    ],
  );
  assert.equal((await crm.sim.stats()).records.people, 200);
});

test('3 of 200 records that only the server refuses cost at most 50 requests', async () => {
  const service = crm.service();
  await service.upsertPerson(newPerson());
  const bad = [17, 99, 180];
  // A link that is valid here but refused there: an optional value, left out with a warning.
  const website = 'https://refused.example/x';
  const inputs = people(200, (at) => (bad.includes(at) ? { website } : {}));
  const messages = ['The URL of the link is not valid'];
  const body = { statusCode: 400, error: 'Error', messages, code: 'INVALID_URL' };
  await crm.sim.addFaults({
    bodyContains: website,
    action: { type: 'status', status: 400, body },
  });
  /** @type {any[]} */
  let results = [];
  const requests = await crm.requestsOf(async () => {
    results = await all(service.syncPersons(inputs));
  });
  assert.ok(requests <= 50, `${requests} requests`);
  assert.ok(results.every((result) => result.status === 'created'));
  assert.deepEqual(
    results.flatMap((result, at) =>
      result.warnings.map((/** @type {any} */ warning) => [at, warning.reason]),
    ),
    bad.map((at) => [at, 'value_refused']),
  );
});

test('records that the server refuses permanently fail alone, each with its own reason', async () => {
  const service = crm.service();
  await service.upsertCompany(newCompany());
  const bad = [3, 150, 199];
  const inputs = Array.from({ length: 200 }, (_, at) => newCompany({ name: `Company ${at}` }));
  await crm.sim.addFaults(
    bad.map((at) => ({
      method: 'POST',
      path: '/rest/batch/companies',
      bodyContains: inputs[at].external_id,
      action: {
        type: 'status',
        status: 400,
        body: { statusCode: 400, error: 'BadRequestException', messages: [`refused ${at}`] },
      },
    })),
  );
  /** @type {any[]} */
  let results = [];
  const requests = await crm.requestsOf(async () => {
    results = await all(service.syncCompanies(inputs));
  });
  assert.ok(requests <= 50, `${requests} requests`);
  assert.deepEqual(
    results.flatMap((result, at) =>
      result.status === 'failed' ? [[at, result.error.details.originalError]] : [],
    ),
    bad.map((at) => [at, `refused ${at}`]),
  );
  assert.equal((await crm.sim.stats()).records.companies, 198);
});

test('lost answers, resets and 5xx: nothing duplicated, nothing lost', async () => {
  const service = crm.service({}, { maxRetries: 6 });
  for (const action of [
    { type: 'resetAfter' },
    { type: 'resetBefore' },
    { type: 'truncateBody' },
    { type: 'status', status: 503, body: { message: 'away' } },
    { type: 'status', status: 502, body: { message: 'away' }, process: true },
  ]) {
    await crm.sim.addFaults({ method: 'POST', path: '/rest/batch', times: 2, action });
    const inputs = people(250);
    const results = await all(service.syncPersons(inputs));
    await crm.sim.clearFaults();
    assert.deepEqual(
      new Set(results.map((result) => result.status)),
      new Set(['created']),
      action.type,
    );
    const stored = new Set((await crm.sim.records('people')).map((row) => row.externalId));
    assert.ok(inputs.every((input) => stored.has(input.external_id)));
  }
  assert.equal((await crm.sim.records('people')).length, 1250);
});

test('a dry run reports what would be done, and writes nothing', async () => {
  const service = crm.service();
  const [known] = people(1);
  await service.upsertPerson(known);
  const before = (await crm.sim.stats()).records;
  const inputs = [
    { ...known, city: 'Bern' },
    newPerson(),
    newPerson({ email: 'bad' }),
    newPerson({ email: known.email }),
  ];
  const results = await all(service.syncPersons(inputs, { dryRun: true }));
  assert.deepEqual(
    results.map((result) => result.status),
    ['updated', 'created', 'failed', 'created'],
  );
  assert.equal(results[3].warnings[0].reason, 'value_taken');
  assert.deepEqual((await crm.sim.stats()).records, before);
});

test('every successful record has an id and data, and every failed one has an error', async () => {
  const policies = { ownDeleted: 'skip', ownGone: 'skip' };
  const service = crm.service({ collisions: /** @type {any} */ (policies) });
  const inputs = [...people(6), newPerson({ email: 'none' })];
  const twin = newPerson({ email: inputs[0].email });
  await all(service.syncPersons(inputs.slice(0, 4)));
  await service.deletePerson(inputs[1].external_id);
  const { id } = await service.upsertPerson(inputs[2]);
  await crm.client().delete(`/rest/people/${id}`);
  const platform = createTwentyCrmSyncService({}, { mode: 'platform', publish: () => {} });
  /** @type {Set<string>} */
  const seen = new Set();
  for (const run of [
    service.syncPersons([...inputs, inputs[4], twin], { dryRun: true, force: true }),
    service.syncPersons([...inputs, inputs[4], twin], { force: true }),
    service.syncPersons([...inputs, inputs[4], twin]),
    service.syncPersons([...inputs, inputs[4], twin], { verifyUnchanged: true, useCache: false }),
    platform.syncPersons(inputs),
  ]) {
    for (const { status, id, data, error } of await all(run)) {
      seen.add(status);
      const isFailed = status === 'failed';
      assert.equal(typeof id, isFailed ? 'undefined' : 'string', status);
      assert.equal(typeof data, isFailed ? 'undefined' : 'object', status);
      assert.equal(typeof error, isFailed ? 'object' : 'undefined', status);
    }
  }
  assert.deepEqual([...seen].sort(), ['created', 'failed', 'published', 'unchanged', 'updated']);
});

test('inputs may be generators and streams, and are read ahead only up to a limit', async () => {
  const service = crm.service();
  let read = 0;
  async function* source() {
    for (; read < 20_000; read += 1) yield newPerson();
  }
  const run = service.syncPersons(source(), { maxConcurrency: 2 });
  let seen = 0;
  for await (const _ of run) {
    seen += 1;
    if (seen === 300) break;
  }
  // The limit of `SyncRun`: 4,000 records and twice those in flight, beyond the results read.
  assert.ok(read <= 600 + 4000 + 2 * 400, `${read} read for ${seen} results`);
  assert.throws(() => run[Symbol.asyncIterator](), /consumed only once/);
});

test('an aborted run rejects with the signal’s reason', async () => {
  const service = crm.service();
  const controller = new AbortController();
  const reason = new Error('enough');
  const run = service.syncPersons(people(2000), {
    signal: controller.signal,
    onProgress: () => controller.abort(reason),
  });
  assert.equal(await rejection(Promise.resolve(run)), reason);
});

test('upsertMany returns the template’s type, and rejects after every record was tried', async () => {
  const service = crm.service();
  const inputs = people(3);
  const results = await service.upsertManyPersons(inputs);
  assert.deepEqual(
    results.map(({ externalId, created, updated }) => [externalId, created, updated]),
    inputs.map((input) => [input.external_id, true, true]),
  );
  const companies = [newCompany(), { ...newCompany(), name: '' }, newCompany()];
  const error = await rejection(service.upsertManyCompanies(companies));
  assert.equal(error.code, 'OPERATION_FAILED');
  assert.deepEqual(
    error.details.results.map((/** @type {any} */ result) => result.status),
    ['created', 'failed', 'created'],
  );
});

test('invalid arguments are refused at once', () => {
  const service = crm.service();
  for (const [field, inputs, options] of /** @type {[string, any, any][]} */ ([
    ['inputs', null, {}],
    ['inputs', 'text', {}],
    ['maxConcurrency', [], { maxConcurrency: 0 }],
    ['onProgress', [], { onProgress: 5 }],
    ['dryRun', [], { dryRun: 'yes' }],
  ])) {
    assert.throws(
      () => service.syncPersons(inputs, options),
      (/** @type {any} */ error) =>
        error.code === 'VALIDATION_ERROR' && error.details.field === field,
      field,
    );
  }
});

test('10,000 upserts over 500 keys from 50 tasks at once: 500 records, no duplicates, last data wins', async () => {
  const service = crm.service();
  const keys = people(500);
  /** @type {Map<string, string>} */
  const last = new Map();
  let next = 0;
  let created = 0;
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      while (next < 10_000) {
        const at = next;
        next += 1;
        const key = keys[at % keys.length];
        last.set(key.external_id, `Job ${at}`);
        const result = await service.upsertPerson({ ...key, job_title: `Job ${at}` });
        if (result.created) created += 1;
      }
    }),
  );
  const rows = await crm.sim.records('people');
  assert.equal(rows.length, 500);
  assert.equal(created, 500);
  for (const row of rows) assert.equal(row.jobTitle, last.get(row.externalId));
});

test('a single upsert with skipUnchanged sends nothing if nothing changed', async () => {
  const service = crm.service();
  const person = newPerson({ job_title: 'Clerk' });
  const made = await service.upsertPerson(person);
  /** @type {any} */
  let result;
  const skipped = await crm.requestsOf(async () => {
    result = await service.upsertPerson(person, { skipUnchanged: true });
  });
  assert.equal(skipped, 0);
  assert.deepEqual(
    [result.id, result.created, result.updated, result.data.job_title],
    [made.id, false, false, 'Clerk'],
  );
  const options = { skipUnchanged: true, force: true };
  assert.equal(await crm.requestsOf(() => service.upsertPerson(person, options)), 1);
  const changed = { ...person, job_title: 'Boss' };
  assert.equal(
    await crm.requestsOf(() => service.upsertPerson(changed, { skipUnchanged: true })),
    1,
  );
  assert.equal(
    (await service.syncPersons([changed])).unchanged,
    1,
    'bulk knows what singles wrote',
  );
});
