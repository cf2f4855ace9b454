// Visitors never decide where a request goes: ids and values are sent in bodies, never in URLs.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { createTwentyCrmSyncService } from '../index.mjs';
import { newCompany, newPerson, useSim } from './helpers/crm.mjs';
import { json, KEY, serve } from './helpers/servers.mjs';

const crm = useSim({ preset: 'provisioned' });

const HOSTILE = [
  ...['../../admin', '..', '.', '/', '//evil.example/x', '\\\\evil.example\\x', '..\\..\\x'],
  ...['%2e%2e%2fadmin', '%2e%2e/', '..%2f', '%00', '%0d%0aX-Evil: 1', 'x\r\nHost: evil.example'],
  ...[
    'http://evil.example/',
    'https://evil.example@crm',
    'javascript:alert(1)',
    'file:///etc/passwd',
  ],
  ...[
    '?upsert=true',
    '?filter=id[neq]:NULL',
    '&limit=0',
    '#',
    ';a=b',
    'x?y#z',
    '*',
    'a,b',
    '[in]:a,b',
  ],
  ...[
    '"]}}){people{id}}#',
    '$people',
    '{{x}}',
    'and(or(a[eq]:b))',
    '\t',
    'a\u0085b',
    '\u2028',
    '\ufeff',
  ],
  ...['people/00000000-0000-0000-0000-000000000000', 'destroy', '__proto__', ' ', '\u202e..'],
].filter((text) => text.trim() !== '');

/** The request lines that this package may send. */
const ROUTES = [
  /^\/rest\/(?:batch\/)?(?:people|companies)(?:\?upsert=true)?$/,
  /^\/rest\/(?:restore\/)?(?:people|companies)\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\?soft_delete=(?:true|false))?$/,
  /^\/graphql$/,
  /^\/rest\/metadata\/objects\?limit=200$/,
];

/** @param {{ method: string, url: string, headers: Record<string, any> }} request @param {string} what */
function assertRoute({ method, url, headers }, what) {
  assert.ok(
    ROUTES.some((route) => route.test(url)),
    `${method} ${url} for ${JSON.stringify(what)}`,
  );
  assert.equal(headers['x-evil'], undefined);
}

/** A server in front of the simulator that records the raw request lines. */
async function watched() {
  return serve(async ({ method, url, headers, body }, response) => {
    const onward = await fetch(new URL(url, crm.sim.baseUrl), {
      method,
      headers: { authorization: String(headers.authorization), 'content-type': 'application/json' },
      ...(body !== '' && { body }),
    });
    response.writeHead(onward.status, { 'content-type': 'application/json' });
    response.end(await onward.text());
  });
}

test('ids of a caller are in no request line', async () => {
  const server = await watched();
  const service = createTwentyCrmSyncService({ baseUrl: server.baseUrl, apiKey: crm.sim.apiKey });
  for (const [at, id] of HOSTILE.entries()) {
    const person = newPerson({
      external_id: id,
      company_external_id: `${id}-org`,
      company_name: id,
    });
    const { externalId, created } = await service.upsertPerson(person);
    assert.deepEqual({ externalId, created }, { externalId: id, created: true }, id);
    service.clearCache();
    const found = await service.findPerson(id);
    assert.equal(found?.external_id, id);
    await service.deletePerson(id, { mode: at % 2 === 0 ? 'soft' : 'destroy' });
    assert.equal((await service.upsertPerson(person)).externalId, id);
    await service.deleteCompany(`${id}-org`);
  }
  const many = HOSTILE.map((external_id) => newPerson({ external_id }));
  assert.equal((await service.syncPersons(many)).failed, 0);
  for (const request of server.seen) assertRoute(request, request.body);
  const people = await crm.sim.records('people');
  assert.equal(
    people.filter((/** @type {any} */ row) => row.deletedAt === null).length,
    HOSTILE.length,
  );
});

test('values of fields are in no request line', async () => {
  const server = await watched();
  const service = createTwentyCrmSyncService({ baseUrl: server.baseUrl, apiKey: crm.sim.apiKey });
  for (const text of HOSTILE) {
    for (const field of ['name', 'job_title', 'phone', 'website', 'city', 'plan', 'company_name']) {
      const outcome = await service
        .upsertPerson(newPerson({ [field]: text }))
        .catch((/** @type {any} */ error) => error);
      assert.equal(
        outcome instanceof Error ? outcome.message : outcome.created,
        true,
        `${field} ${text}`,
      );
    }
    await service.upsertCompany(newCompany({ domain_name: text, website: text }));
  }
  for (const request of server.seen) assertRoute(request, request.body);
});

test('an invented id from a server or a store never becomes a path', async () => {
  const elsewhere = await serve((_, response) => json(response, 200, {}));
  for (const id of [
    ...HOSTILE,
    `//127.0.0.1:${elsewhere.port}/x`,
    `http://127.0.0.1:${elsewhere.port}`,
  ]) {
    const server = await watched();
    const mapping = { everId: 'x', crmId: id, objectType: 'person', versionHash: null };
    const store = {
      findByEverId: async () => mapping,
      upsertMapping: async () => {},
      deleteMapping: async () => {},
    };
    const service = createTwentyCrmSyncService(
      { baseUrl: server.baseUrl, apiKey: crm.sim.apiKey },
      { mappingStore: /** @type {any} */ (store), namespace: `n${randomUUID()}` },
    );
    await service.upsertPerson(newPerson());
    for (const request of server.seen) assertRoute(request, id);
    await server.close();
  }
  // A row's own id, as a server returns it.
  for (const id of HOSTILE) {
    const server = await serve((request, response) => {
      const row = { id, externalId: 'cli_1', emails: { primaryEmail: 'jane@acme.example' } };
      const page = { pageInfo: { hasNextPage: false, endCursor: null }, edges: [{ node: row }] };
      const none = { ...page, edges: [] };
      if (request.url === '/graphql')
        json(response, 200, { data: { people: page, companies: none } });
      else if (request.method === 'POST') json(response, 201, { data: { createPerson: row } });
      else json(response, 200, { data: { updatePerson: row } });
    });
    const service = createTwentyCrmSyncService({
      baseUrl: server.baseUrl,
      apiKey: KEY,
      maxRetries: 0,
    });
    for (const work of [
      () => service.upsertPerson(newPerson({ external_id: 'cli_1', email: 'jane@acme.example' })),
      () => service.findPerson('cli_1'),
      () => service.deletePerson('cli_1'),
    ]) {
      await work().catch(() => {});
    }
    for (const request of server.seen) {
      if (!request.url.includes('metadata') && !request.url.includes('open-api'))
        assertRoute(request, id);
    }
    await server.close();
  }
  assert.equal(elsewhere.seen.length, 0);
});
