// diagnose(): everything about a connection in one call, each finding with what to do about it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TwentyCrmApiService } from '../index.mjs';
import { rejection } from './helpers/crm.mjs';
import { closedPort, coreError, deferred, json, KEY, serve } from './helpers/servers.mjs';
import { withSim } from './helpers/sim.mjs';

const api = new TwentyCrmApiService();
const DAY_S = 86_400;

/**
 * Checks what every diagnosis has in common. @param {import('../index.js').Diagnosis} diagnosis @param {string} [key]
 */
function assertShape(diagnosis, key) {
  const { ok, summary, findings, ...others } = diagnosis;
  assert.deepEqual(others, {});
  assert.equal(ok, !findings.some(({ status }) => status === 'error'));
  assert.ok(summary.length > 0);
  for (const { check, status, message, advice, details, ...more } of findings) {
    assert.deepEqual(more, {});
    assert.match(check, /^[a-z_]+$/);
    assert.match(status, /^(ok|warning|error)$/);
    assert.ok(message.length > 0);
    assert.ok(advice === undefined || advice.length > 0);
    assert.ok(details === undefined || typeof details === 'object');
    if (status !== 'ok') assert.ok(summary.includes(message) || !ok, `${check}: ${summary}`);
  }
  if (key) assert.ok(!JSON.stringify(diagnosis).includes(key), 'the key is shown');
}

/** `check: status` of all findings. @param {import('../index.js').Diagnosis} diagnosis */
const verdicts = ({ findings }) =>
  Object.fromEntries(findings.map(({ check, status }) => [check, status]));

/** @param {import('../index.js').Diagnosis} diagnosis @param {string} check */
function finding(diagnosis, check) {
  const found = diagnosis.findings.find((entry) => entry.check === check);
  assert.ok(found, `no finding about ${check}: ${JSON.stringify(verdicts(diagnosis))}`);
  return found;
}

/** @param {object} payload */
const token = (payload) =>
  ['{"alg":"HS256"}', JSON.stringify(payload), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

const allGood = {
  reachable: 'ok',
  twenty: 'ok',
  version: 'ok',
  api_key: 'ok',
  read_people: 'ok',
  read_companies: 'ok',
  write_people: 'ok',
  write_companies: 'ok',
  metadata: 'ok',
  schema: 'ok',
  rate_limit: 'ok',
};

for (const metadataFormat of /** @type {const} */ (['legacy', 'new'])) {
  for (const flavour of /** @type {const} */ (['2.21', '2.31', '2.47'])) {
    test(`${metadataFormat}, ${flavour}: all is well, and nothing is changed`, () =>
      withSim({ preset: 'provisioned', metadataFormat, flavour }, async (sim) => {
        const diagnosis = await api.diagnose({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
        assertShape(diagnosis, sim.apiKey);
        assert.deepEqual(verdicts(diagnosis), allGood);
        assert.equal(diagnosis.ok, true);
        assert.equal(diagnosis.summary, 'Everything is in order.');
        assert.equal(finding(diagnosis, 'api_key').details.expiresAtMs, 4_102_444_800_000);
        assert.equal(finding(diagnosis, 'schema').details.plan.present.length, 9);
        assert.equal(finding(diagnosis, 'version').details, undefined);
        assert.equal((await sim.records('people')).length, 0);
        assert.equal((await sim.records('companies')).length, 0);
        const log = await sim.log();
        assert.ok(log.length <= 8, `${log.length} requests`);
        assert.ok(log.every(({ method, status }) => method === 'GET' || status === 404));
      }));
  }
}

describe('the key', () => {
  for (const [name, reason] of Object.entries({
    expired: 'expired',
    revoked: 'revoked',
    garbage: 'invalid',
  })) {
    test(`${name}: reported, and nothing more is asked`, () =>
      withSim({ preset: 'provisioned' }, async (sim) => {
        const apiKey = sim.keys[name] ?? 'garbage';
        const diagnosis = await api.diagnose({ baseUrl: sim.baseUrl, apiKey });
        assertShape(diagnosis, apiKey);
        assert.deepEqual(verdicts(diagnosis), {
          reachable: 'ok',
          twenty: 'ok',
          version: 'ok',
          api_key: 'error',
        });
        const { message, advice, details } = finding(diagnosis, 'api_key');
        assert.deepEqual([details.code, details.reason], ['AUTH_ERROR', reason]);
        assert.match(advice, /APIs & Webhooks/);
        if (name === 'garbage') assert.match(message, /three parts/);
      }));
  }

  test('that expires within thirty days gets a warning with the date', async () => {
    const server = await healthy();
    const exp = Math.floor(Date.now() / 1000) + 10 * DAY_S;
    const apiKey = token({ type: 'API_KEY', exp });
    const diagnosis = await api.diagnose({ baseUrl: server.baseUrl, apiKey });
    assertShape(diagnosis, apiKey);
    const { status, message, advice, details } = finding(diagnosis, 'api_key');
    assert.equal(status, 'warning');
    assert.equal(details.expiresAtMs, exp * 1000);
    assert.ok(message.includes(new Date(exp * 1000).toUTCString()), message);
    assert.match(advice, /new key/);
    assert.equal(diagnosis.ok, true);
  });

  test('that is a session’s token is not an API key', async () => {
    const server = await healthy();
    const diagnosis = await api.diagnose({
      baseUrl: server.baseUrl,
      apiKey: token({ type: 'ACCESS', exp: Date.now() / 1000 + 1800 }),
    });
    assert.match(finding(diagnosis, 'api_key').message, /session/);
  });

  test('has expired by its own content, while no server can be reached', async () => {
    const diagnosis = await api.diagnose({
      baseUrl: `http://127.0.0.1:${await closedPort()}`,
      apiKey: token({ exp: 1_700_000_000 }),
    });
    assert.deepEqual(verdicts(diagnosis), { reachable: 'error', api_key: 'warning' });
    assert.match(finding(diagnosis, 'api_key').message, /expired on Tue, 14 Nov 2023/);
  });
});

describe('permissions', () => {
  test('a read-only key: writing is an error, with what to grant', () =>
    withSim({ preset: 'provisioned' }, async (sim) => {
      const diagnosis = await api.diagnose({ baseUrl: sim.baseUrl, apiKey: sim.keys.readOnly });
      assertShape(diagnosis, sim.keys.readOnly);
      assert.deepEqual(verdicts(diagnosis), {
        ...allGood,
        write_people: 'error',
        write_companies: 'error',
        metadata: 'warning',
      });
      const { advice, details } = finding(diagnosis, 'write_people');
      assert.equal(details.reason, 'permission');
      assert.match(advice, /Settings, Roles/);
      assert.match(diagnosis.summary, /2 reasons/);
    }));

  test('a key without access to the data model: a warning, not an error', () =>
    withSim({ preset: 'provisioned' }, async (sim) => {
      const diagnosis = await api.diagnose({ baseUrl: sim.baseUrl, apiKey: sim.keys.noMetadata });
      assert.deepEqual(verdicts(diagnosis), { ...allGood, metadata: 'warning' });
      assert.equal(diagnosis.ok, true);
      assert.match(finding(diagnosis, 'metadata').advice, /"Data model"/);
    }));

  test('a role that may not even read people', async () => {
    const denied = coreError(400, 'Entity performing the request does not have permission');
    const server = await healthy((request) =>
      request.url.startsWith('/rest/people')
        ? [400, { ...denied, code: 'PERMISSION_DENIED' }]
        : undefined,
    );
    const diagnosis = await api.diagnose({ baseUrl: server.baseUrl, apiKey: KEY });
    const { api_key, read_people, write_people, read_companies } = verdicts(diagnosis);
    assert.deepEqual(
      [api_key, read_people, write_people, read_companies],
      ['ok', 'error', 'error', 'ok'],
    );
  });
});

describe('the schema', () => {
  test('missing fields give a warning that names them and how to create them', () =>
    withSim({ preset: 'fresh' }, async (sim) => {
      const diagnosis = await api.diagnose({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
      assertShape(diagnosis, sim.apiKey);
      assert.deepEqual(verdicts(diagnosis), { ...allGood, schema: 'warning' });
      const { message, advice, details } = finding(diagnosis, 'schema');
      assert.match(message, /people\.externalId \(TEXT, unique\)/);
      assert.match(advice, /apply\(\)/);
      assert.equal(details.plan.missing.length, 9);
    }));

  test('conflicts come with what to do; field names can be configured', () =>
    withSim({ preset: 'provisioned' }, async (sim) => {
      await sim.setOptions({
        addFields: [{ object: 'people', name: 'town', type: 'BOOLEAN' }],
      });
      const config = { baseUrl: sim.baseUrl, apiKey: sim.apiKey };
      const diagnosis = await api.diagnose(config, { fieldNames: { city: 'town' } });
      const { status, message, advice } = finding(diagnosis, 'schema');
      assert.equal(status, 'warning');
      assert.match(message, /people\.town/);
      assert.match(advice, /should be TEXT/);
    }));
});

describe('the server', () => {
  /** @type {[string, (sim: { baseUrl: string }) => Promise<string>, string, RegExp, RegExp, boolean?][]} */
  const cases = [
    [
      'nobody listens',
      async () => `http://127.0.0.1:${await closedPort()}`,
      'reachable',
      /CONNECT/,
      /Start the server/,
    ],
    ['no such host', async () => 'http://no-such-host.invalid', 'reachable', /DNS/, /host name/],
    [
      'no TLS',
      async (sim) => sim.baseUrl.replace('http:', 'https:'),
      'reachable',
      /TLS/,
      /certificate/,
    ],
    [
      'a gateway with nobody behind it',
      async () => (await serve((_, response) => json(response, 502, {}))).baseUrl,
      'reachable',
      /SERVER_ERROR/,
      /log/,
    ],
    [
      'a web page',
      async () =>
        (
          await serve((_, response) => {
            response.setHeader('content-type', 'text/html').end('<!doctype html><p>Twenty</p>');
          })
        ).baseUrl,
      'twenty',
      /NOT_TWENTY/,
      /base URL/,
    ],
    [
      'another API',
      async () => (await serve((_, response) => json(response, 200, { hello: 1 }))).baseUrl,
      'twenty',
      /NOT_TWENTY/,
      /base URL/,
    ],
    [
      'another API that refuses the key',
      async () => (await serve((_, response) => json(response, 401, { hello: 1 }))).baseUrl,
      'twenty',
      /AUTH_ERROR/,
      /./,
    ],
    [
      'a path of it',
      async (sim) => `${sim.baseUrl}/rest`,
      'twenty',
      /VALIDATION_ERROR/,
      /without \/rest/,
      true,
    ],
    [
      'moved elsewhere',
      async () =>
        (
          await serve((request, response) =>
            response.writeHead(301, { location: `https://crm.example.com${request.url}` }).end(),
          )
        ).baseUrl,
      'twenty',
      /REDIRECT/,
      /redirects to/,
    ],
  ];
  for (const [name, urlOf, check, cause, advice, needsKey] of cases) {
    test(`${name}: its own finding, with what to do`, () =>
      withSim({ preset: 'provisioned' }, async (sim) => {
        const apiKey = needsKey ? sim.apiKey : KEY;
        const diagnosis = await api.diagnose({ baseUrl: await urlOf(sim), apiKey });
        assertShape(diagnosis, apiKey);
        assert.equal(diagnosis.ok, false);
        const last = finding(diagnosis, check);
        assert.equal(last.status, 'error', diagnosis.summary);
        assert.match(`${last.details.code} ${last.details.reason}`, cause);
        assert.match(`${last.advice}`, advice);
        const others = diagnosis.findings.filter(
          (entry) => !['config', check].includes(entry.check),
        );
        assert.deepEqual(
          others.map((entry) => entry.check),
          check === 'reachable' ? [] : ['reachable'],
        );
      }));
  }

  test('redirected reads are followed, writes are not: the findings for writes say so', async () => {
    const server = await healthy((request) =>
      request.method === 'GET' ? undefined : [307, {}, { location: `/twenty${request.url}` }],
    );
    const diagnosis = await api.diagnose({ baseUrl: server.baseUrl, apiKey: KEY });
    const { status, advice, details } = finding(diagnosis, 'write_people');
    assert.deepEqual([status, details.reason], ['error', 'REDIRECT']);
    assert.match(advice, /redirects to/);
  });

  test('its database is down: it is Twenty, but reading fails', () =>
    withSim({ preset: 'provisioned' }, async (sim) => {
      await sim.setOptions({ databaseDown: true });
      const diagnosis = await api.diagnose({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
      assertShape(diagnosis, sim.apiKey);
      const { twenty, api_key, read_people } = verdicts(diagnosis);
      assert.deepEqual([twenty, api_key, read_people], ['ok', 'warning', 'error']);
      assert.match(finding(diagnosis, 'read_people').advice, /database/);
    }));

  test('it is throttled: a warning with the limit, no wait, and no verdict on unknown facts', () =>
    withSim({ preset: 'provisioned', rateLimit: '2/60000' }, async (sim) => {
      const diagnosis = await api.diagnose({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
      assertShape(diagnosis, sim.apiKey);
      const { status, details } = finding(diagnosis, 'rate_limit');
      assert.deepEqual([status, details.limit, details.windowMs], ['warning', 2, 60_000]);
      assert.equal(diagnosis.ok, true);
      assert.equal(verdicts(diagnosis).read_people, 'ok');
      assert.ok(
        diagnosis.findings.some(({ message }) => message.startsWith('Could not be checked')),
      );
    }));

  test('it reports its version', async () => {
    const server = await healthy((request) =>
      request.url === '/client-config' ? [200, { appVersion: '2.21.0' }] : undefined,
    );
    const diagnosis = await api.diagnose({ baseUrl: server.baseUrl, apiKey: KEY });
    assert.equal(finding(diagnosis, 'version').details.version, '2.21.0');
    assert.match(finding(diagnosis, 'version').message, /2\.21\.0/);
  });

  test('it stalls: bounded by the timeout, and by a signal', async () => {
    const silent = await serve(() => {});
    const config = { baseUrl: silent.baseUrl, apiKey: KEY, timeout: 40 };
    const diagnosis = await api.diagnose(config);
    assert.equal(finding(diagnosis, 'reachable').details.code, 'TIMEOUT');
    const tested = await api.testConnection(silent.baseUrl, KEY, { timeout: 40 });
    assert.match(tested.details.error, /TIMEOUT/);
    assert.match(tested.message, /40 ms.*firewall/);
    assert.equal(await api.isReachable(silent.baseUrl, { timeout: 40 }), false);

    const arrived = deferred();
    const other = await serve(() => arrived.resolve());
    const reason = new Error('enough');
    const controller = new AbortController();
    const outcome = rejection(
      api.diagnose({ baseUrl: other.baseUrl, apiKey: KEY }, { signal: controller.signal }),
    );
    await arrived.promise;
    controller.abort(reason);
    assert.equal(await outcome, reason);
  });

  test('it stalls after the first round: the earlier findings are reported', async () => {
    const server = await healthy((request) =>
      /metadata|companies/.test(request.url) ? null : undefined,
    );
    const diagnosis = await api.diagnose({ baseUrl: server.baseUrl, apiKey: KEY, timeout: 1500 });
    const { read_people, read_companies, schema } = verdicts(diagnosis);
    assert.deepEqual([read_people, read_companies, schema], ['ok', 'error', 'error']);
  });
});

test('any configuration gives a diagnosis, not an exception', async () => {
  const base = { baseUrl: 'http://127.0.0.1:9', apiKey: KEY };
  for (const [config, says] of /** @type {[any, RegExp][]} */ ([
    [undefined, /configuration/],
    [null, /configuration/],
    ['text', /configuration/],
    [{}, /baseUrl/],
    [{ ...base, baseUrl: 'crm.example.com' }, /https:\/\//],
    [{ ...base, apiKey: 'a b' }, /apiKey/],
    [{ ...base, timeout: Number.NaN }, /timeout/],
    [{ ...base, timeout: 5n }, /timeout/],
  ])) {
    const diagnosis = await api.diagnose(config);
    assertShape(diagnosis);
    assert.deepEqual(verdicts(diagnosis), { config: 'error' });
    assert.match(diagnosis.findings[0].message, says);
    assert.equal(diagnosis.findings[0].details.code, 'VALIDATION_ERROR');
  }
  const names = await api.diagnose(base, { fieldNames: { city: 'a b' } });
  assert.deepEqual(verdicts(names), { config: 'error' });
});

test('a key that would be sent unencrypted over the internet gives a warning', async () => {
  const diagnosis = await api.diagnose({ baseUrl: 'http://no-such-host.invalid', apiKey: KEY });
  assert.equal(finding(diagnosis, 'config').status, 'warning');
  assert.match(finding(diagnosis, 'config').advice, /https/);
});

/**
 * A server that answers a diagnosis as a small, complete Twenty does. `answer` may replace an answer, or return null
 * for none.
 * @param {(request: { method: string, url: string }) => [number, object, object?] | null | undefined} [answer]
 */
function healthy(answer = () => undefined) {
  const field = (/** @type {string} */ name, type = 'TEXT', isUnique = false) => ({
    id: name,
    name,
    type,
    isUnique,
    isActive: true,
  });
  const objects = ['person', 'company'].map((nameSingular) => ({
    id: nameSingular,
    nameSingular,
    fields: [
      field('externalId', 'TEXT', true),
      ...['accountType', 'planCustom', 'city', 'status'].map((name) => field(name)),
      field('totalSubmissions', 'NUMBER'),
      field('website', 'LINKS'),
    ],
  }));
  return serve((request, response) => {
    const special = answer(request);
    if (special === null) return;
    const path = request.url.split('?')[0];
    const [status, body, headers] = special ??
      (request.method === 'PATCH' ? [404, coreError(404, 'Record not found')] : undefined) ??
      {
        '/healthz': [200, { status: 'ok' }],
        '/rest/people': [200, { data: { people: [] } }],
        '/rest/companies': [200, { data: { companies: [] } }],
        '/rest/metadata/objects': [200, { data: objects, pageInfo: { hasNextPage: false } }],
      }[path] ?? [404, { message: `Cannot GET ${path}`, error: 'Not Found', statusCode: 404 }];
    json(response, status, body, headers);
  });
}
