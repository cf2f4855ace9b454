// The Ever Works template's module paths, re-exported from this package, with code that calls them as the template's
// routes do: it must compile and work.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startSim } from '../helpers/sim.mjs';
import { runNode } from './support.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = path.join(root, '__test__/consumers/template');
const compiled = path.join(folder, '.generated');

/** @param {string} compiler @param {string[]} args */
const compile = (compiler, ...args) =>
  runNode([path.join(root, 'node_modules', compiler, 'bin/tsc'), '-p', folder, ...args]);

describe('it compiles', { concurrency: 2 }, () => {
  for (const [name, compiler] of [
    ['TypeScript 7', 'typescript7'],
    ['TypeScript 5', 'typescript'],
  ]) {
    test(name, async () => {
      const { output, code } = await compile(compiler, '--noEmit');
      assert.equal(output, '');
      assert.equal(code, 0);
    });
  }
});

test('the guide shows exactly these files', () => {
  const guide = readFileSync(path.join(root, 'docs/migrating-from-the-template.md'), 'utf8');
  const shown = [...guide.matchAll(/^```ts\n\/\/ (lib\/\S+)\n(.*?)^```$/gms)];
  assert.ok(shown.length >= 5);
  for (const [, name, code] of shown) {
    assert.equal(code, readFileSync(path.join(folder, name), 'utf8'), name);
  }
});

/** Resolves `@/lib/x` to a file of the compiled project, as Next.js does. */
const hook = `
  const files = ${JSON.stringify(`${pathToFileURL(compiled)}/`)};
  const home = { parentURL: ${JSON.stringify(pathToFileURL(path.join(root, 'index.js')).href)} };
  export async function resolve(specifier, context, next) {
    if (specifier.startsWith('@/')) return next(new URL(specifier.slice(2) + '.js', files).href, context);
    return next(specifier, specifier === 'twenty-crm-native' ? { ...context, ...home } : context);
  }`;

describe('it runs', () => {
  let sim;
  let routes;
  /** @param {string} method @param {unknown} [body] */
  const request = (method, body) =>
    new Request('http://template.example/', { method, body: body && JSON.stringify(body) });

  before(async () => {
    rmSync(compiled, { recursive: true, force: true });
    const { output } = await compile('typescript');
    assert.equal(output, '');
    writeFileSync(path.join(compiled, 'package.json'), '{"type":"module"}');
    register(`data:text/javascript,${encodeURIComponent(hook)}`);
    sim = await startSim();
    process.env.TWENTY_CRM_BASE_URL = sim.baseUrl;
    process.env.TWENTY_CRM_API_KEY = sim.apiKey;
    /** @param {string} name */
    const load = async (name) => {
      const file = path.join(compiled, name);
      assert.ok(existsSync(file), file);
      return import(pathToFileURL(file).href);
    };
    const admin = 'app/api/admin';
    routes = {
      client: await load(`${admin}/clients/[clientId]/route.js`),
      company: await load(`${admin}/companies/[id]/route.js`),
      items: await load(`${admin}/items/route.js`),
      config: await load(`${admin}/twenty-crm/config/route.js`),
      testConnection: await load(`${admin}/twenty-crm/test-connection/route.js`),
      usage: await load('lib/usage.js'),
      mappings: await load('lib/repositories/integration-mapping.repository.js'),
    };
  });
  after(async () => {
    delete process.env.TWENTY_CRM_BASE_URL;
    delete process.env.TWENTY_CRM_API_KEY;
    await sim?.stop();
    rmSync(compiled, { recursive: true, force: true });
  });

  const company = {
    id: 'org-1',
    name: 'Acme GmbH',
    website: 'https://acme.example',
    domain: 'acme.example',
    slug: 'acme',
    tenantId: null,
    status: 'active',
  };
  const client = {
    id: 'cli-1',
    userId: 'user-1',
    email: 'jane@acme.example',
    name: 'Jane Doe',
    displayName: null,
    username: 'jane',
    jobTitle: 'CTO',
    company: 'Acme GmbH',
    phone: '+49 30 901820',
    website: null,
    location: 'Berlin, Germany',
    accountType: 'business',
    status: 'active',
    plan: 'premium',
    totalSubmissions: 3,
  };

  test('a client is saved with its company, and found again through the mapping', async () => {
    const answers = [];
    for (let turn = 0; turn < 2; turn += 1) {
      const response = await routes.client.PUT(request('PUT', { client, company }));
      answers.push(await response.json());
    }
    assert.equal(answers[0].success, true);
    assert.equal(answers[0].crm.companyLinked, true);
    assert.deepEqual(answers[1].crm, answers[0].crm);
    const [person] = await sim.records('people');
    const [organisation] = await sim.records('companies');
    assert.equal(person.id, answers[0].crm.crmId);
    assert.equal(person.companyId, organisation.id);
    assert.equal(person.jobTitle, 'CTO');
    assert.equal((await sim.records('people')).length, 1);
    const mapping = await routes.mappings.integrationMappingRepository.findByEverId(
      'cli-1',
      'person',
    );
    assert.equal(mapping.crmId, person.id);
    assert.match(mapping.versionHash, /^[0-9a-f]{64}$/);
  });

  test('the CRM is switched off or down: the client is saved anyway', async (context) => {
    process.env.TWENTY_CRM_ENABLED = 'false';
    const off = await (await routes.client.PUT(request('PUT', { client, company }))).json();
    delete process.env.TWENTY_CRM_ENABLED;
    assert.deepEqual([off.success, off.crm], [true, null]);

    const logged = context.mock.method(console, 'error', () => {});
    process.env.TWENTY_CRM_API_KEY = 'no-such-key-0123456789';
    const refused = await (await routes.client.PUT(request('PUT', { client, company }))).json();
    process.env.TWENTY_CRM_API_KEY = sim.apiKey;
    assert.deepEqual([refused.success, refused.crm], [true, null]);
    assert.equal(logged.mock.calls[0].arguments[1].code, 'AUTH_ERROR');
  });

  test('a company: its result, and its error', async () => {
    const good = await (await routes.company.PUT(request('PUT', company))).json();
    assert.equal(good.crm.external_id, 'org-1');
    assert.equal(good.crm.name, 'Acme GmbH');
    const bad = await routes.company.PUT(request('PUT', { ...company, name: ' ' }));
    assert.equal(bad.status, 400);
    assert.equal((await bad.json()).code, 'VALIDATION_ERROR');
  });

  test('an item’s brand, with the cache TTL as a number', async () => {
    const answer = await (await routes.items.POST(request('POST', company))).json();
    assert.ok(answer.size >= 1);
    assert.equal(typeof answer.age, 'number');
    assert.equal(answer.after, 0);
  });

  test('the configuration: from the environment, refused, saved, tested', async () => {
    const { data: env } = await (await routes.config.GET()).json();
    assert.equal(env.id, 'env');
    assert.equal(env.apiKey, `****${sim.apiKey.slice(-4)}`);
    const tested = await (await routes.testConnection.POST()).json();
    assert.equal(tested.data.ok, true);
    assert.equal(typeof tested.data.latencyMs, 'number');
    assert.equal(tested.data.details.status, 200);
    assert.deepEqual([tested.reachable, tested.known], [true, true]);

    const form = { baseUrl: 'nowhere', apiKey: 'short', enabled: true, syncMode: 'direct_crm' };
    const refused = await routes.config.POST(request('POST', form));
    assert.equal(refused.status, 400);
    assert.deepEqual(
      (await refused.json()).details.map(({ field }) => field),
      ['baseUrl', 'apiKey'],
    );
    const good = { ...form, baseUrl: sim.baseUrl, apiKey: 'a-wrong-key-of-good-length' };
    const saved = await (await routes.config.POST(request('POST', good))).json();
    assert.equal(saved.data.apiKey, '****ngth');
    const failed = await (await routes.testConnection.POST()).json();
    assert.equal(failed.data.ok, false);
    assert.match(failed.data.details.error, /^AUTH_ERROR/);
  });

  test('the rest of the surface', async () => {
    const { usage } = routes;
    const made = await usage.everything({ baseUrl: sim.baseUrl, apiKey: sim.apiKey });
    assert.equal(made.persons[0].externalId, 'many-1');
    assert.equal(made.companies[0].data.name, 'Many Two');
    assert.deepEqual(made.none, []);
    assert.equal(made.read, true);
    assert.equal(typeof made.error.code, 'string');
    assert.deepEqual(made.wrote.slice(1), [true, true]);
    assert.deepEqual([made.id, made.city], ['id', 'Lyon']);
    assert.equal(usage.shouldRetry(503, 1), true);
    assert.equal(usage.shouldRetry(404, 1), false);
    assert.ok(usage.backoff(0) > 0);
    assert.deepEqual([...usage.modes], ['disabled', 'platform', 'direct_crm']);
    assert.equal(usage.shown({ baseUrl: 'b', apiKey: '0123456789' }), 'b ****6789');
  });
});
