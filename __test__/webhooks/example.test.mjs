// The example receiver: it compiles in a Next.js project, and works when Twenty calls it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { newPerson } from '../helpers/crm.mjs';
import { deliver, personEvent, SECRET } from './deliveries.mjs';
import { useReceiver } from './receiver.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const example = path.join(root, 'examples/webhook-nextjs');
const route = path.join(example, 'app/api/twenty/route.ts');
const receiver = useReceiver({ preset: 'provisioned' });

/** @type {string} */
let folder;
/** @type {(request: Request) => Promise<Response>} */
let POST;
before(async () => {
  // Inside the package, so that its own name resolves.
  folder = await mkdtemp(path.join(root, '__test__/.generated-example-'));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const where = ['--rootDir', path.dirname(route), '--outDir', folder];
  await promisify(execFile)(process.execPath, [tsc, '-p', example, ...where]);
  await rename(path.join(folder, 'route.js'), path.join(folder, 'route.mjs'));
  process.env.TWENTY_CRM_BASE_URL = receiver.crm.sim.baseUrl;
  process.env.TWENTY_CRM_API_KEY = receiver.crm.sim.apiKey;
  process.env.TWENTY_WEBHOOK_SECRET = `the-next-one,${SECRET}`;
  ({ POST } = await import(pathToFileURL(path.join(folder, 'route.mjs')).href));
});
after(async () => {
  await rm(folder, { recursive: true, force: true });
  for (const name of ['TWENTY_CRM_BASE_URL', 'TWENTY_CRM_API_KEY', 'TWENTY_WEBHOOK_SECRET']) {
    delete process.env[name];
  }
});

/** @param {{ rawBody: string, headers: Record<string, string> }} delivery */
const requestOf = ({ rawBody, headers }) =>
  new Request('https://site.example/api/twenty', { method: 'POST', body: rawBody, headers });

test('the guide shows the example unchanged', async () => {
  const guide = await readFile(path.join(root, 'docs/webhooks.md'), 'utf8');
  assert.ok(guide.includes(`\`\`\`ts\n${await readFile(route, 'utf8')}\`\`\`\n`));
});

test('a delivery is applied, and the answer says what it did', async () => {
  const service = receiver.crm.service();
  const person = newPerson();
  const { id } = await service.upsertPerson(person);
  await receiver.byOther('delete', `/rest/people/${id}?soft_delete=true`);
  for (const expected of [
    { action: 'ignored', reason: 'own_write' },
    { action: 'mapping_forgotten', reason: 'deleted' },
  ]) {
    const [{ deliveryId, ...event }] = await receiver.events(1);
    const response = await POST(requestOf(deliver(JSON.stringify(event), { at: Date.now() })));
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), expected);
    assert.match(deliveryId, /^[0-9a-f]{64}$/);
  }
});

test('a request that is not from Twenty gets a status without a reason', async (context) => {
  const warned = context.mock.method(console, 'warn', () => {});
  const body = JSON.stringify(personEvent());
  const at = Date.now();
  for (const [status, delivery] of /** @type {[number, any][]} */ ([
    [401, deliver(body, { at, secret: 'guessed' })],
    [401, deliver(body, { at: at - 3_600_000 })],
    [401, { rawBody: body, headers: {} }],
    [400, deliver('{"eventName":', { at })],
  ])) {
    const response = await POST(requestOf(delivery));
    assert.equal(response.status, status);
    assert.equal(await response.text(), '');
  }
  assert.equal(warned.mock.callCount(), 4);
});
