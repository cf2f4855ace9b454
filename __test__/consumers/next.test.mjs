// A Next.js application with the package from its tarball and only the setup of the README: built with `next build`,
// started with `next start`, called over HTTP.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startSim } from '../helpers/sim.mjs';
import { installTarball, pack, runNode, runNpm } from './support.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const source = path.join(root, '__test__/consumers/next');
// Next.js itself is large and is kept between runs; everything of ours is built again.
const checkout = createHash('sha256').update(root).digest('hex').slice(0, 8);
const folder = path.join(tmpdir(), `twenty-crm-native-next-${checkout}`);
const next = path.join(folder, 'node_modules/next/dist/bin/next');
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production', CI: '1' };

let sim;
let server;
let url;
before(
  async () => {
    mkdirSync(folder, { recursive: true });
    const lock = 'package-lock.json';
    const isInstalled =
      existsSync(next) &&
      readFileSync(path.join(folder, lock), 'utf8') ===
        readFileSync(path.join(source, lock), 'utf8');
    for (const name of readdirSync(folder)) {
      if (name !== 'node_modules') rmSync(path.join(folder, name), { recursive: true });
    }
    cpSync(source, folder, {
      recursive: true,
      filter: (file) => !/node_modules|\.next/.test(path.relative(source, file)),
    });
    if (!isInstalled) {
      const { code, output } = await runNpm(['ci', '--include=dev'], { cwd: folder });
      assert.equal(code, 0, output);
    }
    await installTarball(folder, await pack(root, folder));
    const built = await runNode([next, 'build'], { cwd: folder, env });
    assert.equal(built.code, 0, built.output);
    sim = await startSim();
    server = spawn(process.execPath, [next, 'start', '--port', '0', '--hostname', '127.0.0.1'], {
      cwd: folder,
      env: { ...env, TWENTY_CRM_BASE_URL: sim.baseUrl, TWENTY_CRM_API_KEY: sim.apiKey },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: server.stdout })) {
      url = /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(line)?.[0];
      if (url) break;
    }
    assert.ok(url, 'next start said where it listens');
    server.stdout.resume();
  },
  { timeout: 900_000 },
);
after(async () => {
  if (server) {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill();
    await ended;
  }
  await sim?.stop();
});

/** @param {object} person */
const post = (person) =>
  fetch(`${url}/api/people`, { method: 'POST', body: JSON.stringify(person) });

const jane = { external_id: 'next_1', name: 'Jane Next', email: 'jane@next.example' };

test('a request to the route handler writes a person', async () => {
  const response = await post(jane);
  const answer = await response.json();
  assert.equal(response.status, 200, JSON.stringify(answer));
  assert.equal(answer.created, true);
  const [person] = await sim.records('people');
  assert.equal(person.id, answer.id);
  assert.equal(person.emails.primaryEmail, jane.email);
  assert.deepEqual(await (await post(jane)).json(), { id: answer.id, created: false });
});

test('a request with bad input gets a good error', async () => {
  const response = await post({ ...jane, email: undefined });
  assert.equal(response.status, 400);
  assert.equal((await response.json()).code, 'VALIDATION_ERROR');
});

test('the files of a deployment include the addon', () => {
  const trace = path.join(folder, '.next/server/app/api/people/route.js.nft.json');
  const { files } = JSON.parse(readFileSync(trace, 'utf8'));
  const ours = files.filter((/** @type {string} */ name) => name.includes('twenty-crm-native/'));
  assert.ok(
    ours.some((/** @type {string} */ name) => name.endsWith('.node')),
    ours.join('\n'),
  );
});
