// The facts about the server that clients rely on, checked on the simulator: recorded on a real server, here with other
// values. Runs everywhere, without the recordings.
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { startSim } from '../helpers/sim.mjs';
import { authentication } from './contract/authentication.mjs';
import { batch } from './contract/batch.mjs';
import { creation } from './contract/creation.mjs';
import { filters } from './contract/filters.mjs';
import { graphql } from './contract/graphql.mjs';
import { identity } from './contract/identity.mjs';
import { limits } from './contract/limits.mjs';
import { lists } from './contract/lists.mjs';
import { metadata } from './contract/metadata.mjs';
import { newest } from './contract/newest.mjs';
import { records } from './contract/records.mjs';
import { transport } from './contract/transport.mjs';
import { fieldTypes } from './contract/types.mjs';
import { upsert } from './contract/upsert.mjs';
import { versions } from './contract/versions.mjs';
import { webhooks } from './contract/webhooks.mjs';
import { assertMatches, fill, partAt } from './contract-table.mjs';
import { send } from './raw-http.mjs';

const sections = [
  ...transport,
  ...authentication,
  ...creation,
  ...records,
  ...upsert,
  ...batch,
  ...lists,
  ...filters,
  ...limits,
  ...metadata,
  ...webhooks,
  ...identity,
  ...graphql,
  ...newest,
  ...versions,
  ...fieldTypes,
];

for (const { title, rows, options } of sections) {
  describe(title, () => {
    const agent = new http.Agent({ keepAlive: true });
    const saved = {};
    let sim;
    before(async () => {
      sim = await startSim({ rngSeed: 3, ...options });
    });
    after(async () => {
      agent.destroy();
      await sim?.stop();
    });
    for (const row of rows) {
      test(row.title, async () => {
        await row.before?.(sim);
        const answer = await ask(agent, sim, row, saved);
        assertMatches(answer.status, row.status, `status (${answer.text.slice(0, 300)})`);
        if (row.answer !== undefined) assertMatches(answer.body, fillExpected(row.answer, saved));
        if (row.headersToo) assertMatches(answer.headers, row.headersToo, 'headers');
        for (const [name, path] of Object.entries(row.save ?? {})) {
          saved[name] = partAt(answer.body, path);
        }
      });
    }
  });
}

function ask(agent, sim, row, saved) {
  const [method, path] = fill(row.request, saved).split(/ (.*)/s);
  const headers = {};
  const key = row.key === undefined ? 'full' : row.key;
  if (key !== null) headers.Authorization = `Bearer ${sim.keys[key] ?? key}`;
  let payload = row.raw;
  if (row.body !== undefined) {
    payload = JSON.stringify(fill(row.body, saved));
    headers['Content-Type'] = 'application/json';
  }
  Object.assign(headers, fill(row.headers ?? {}, saved));
  return send(agent, sim.baseUrl, { method, path, headers, payload });
}

/** Inserts saved values into an expectation, which may also contain predicates. */
function fillExpected(expected, saved) {
  if (typeof expected === 'string') return fill(expected, saved);
  if (Array.isArray(expected)) return expected.map((item) => fillExpected(item, saved));
  if (typeof expected !== 'object' || expected === null || expected instanceof RegExp) {
    return expected;
  }
  return Object.fromEntries(
    Object.entries(expected).map(([key, part]) => [key, fillExpected(part, saved)]),
  );
}
