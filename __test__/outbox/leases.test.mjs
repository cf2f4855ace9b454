// Leases of several workers on one SQLite file, in one process and in several. Clocks may be read in another order than
// the file is locked.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { sqliteOutbox } from '../../index.mjs';
import { listenTo } from '../helpers/programs.mjs';
import { FakeClock, newOutbox, person, until } from './helpers.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'outbox-leases-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => {
  files += 1;
  return path.join(folder, `${files}.db`);
};

const change = (externalId) => ({ entity: 'person', externalId, needs: null, payload: '{}' });
const claim = (store, token) => store.claim({ token, limit: 1, leaseMs: 60_000, isProbe: false });

test('a claim with an earlier time does not take a record from its holder', async (t) => {
  const file = newFile();
  const times = { early: 0, late: 0 };
  const early = sqliteOutbox(file, { now: () => times.early });
  const late = sqliteOutbox(file, { now: () => times.late });
  t.after(() => Promise.all([early.close(), late.close()]));
  await early.enqueue([change('1')]);
  for (const behind of [1, 1_000, 60_000]) {
    times.late += 10 * 60_000;
    times.early = times.late - behind;
    const [record] = await claim(late, `late ${behind}`);
    assert.deepEqual(await claim(early, `early ${behind}`), [], 'nor its claim');
    times.late += 20_000;
    times.early += 20_000;
    assert.equal(await late.renew({ token: `late ${behind}`, leaseMs: 60_000 }), 1);
    assert.deepEqual(await claim(early, `early again ${behind}`), [], 'nor its renewal');
    assert.equal((await early.stats()).inFlight, 1);
    const lane = { attempts: 0, delayMs: 0 };
    const { entity, externalId } = record;
    const records = [{ entity, externalId, remove: [], rewrite: [], lane }];
    assert.deepEqual(await late.settle({ token: `late ${behind}`, records }), [true]);
  }
});

test('a delay stamped slightly later holds as well', async (t) => {
  let now = 1_000_000;
  const store = sqliteOutbox(':memory:', { now: () => now });
  t.after(() => store.close());
  await store.enqueue([change('1')]);
  const [{ entity, externalId }] = await claim(store, 'a');
  const lane = { attempts: 1, delayMs: 1_000 };
  await store.settle({
    token: 'a',
    records: [{ entity, externalId, remove: [], rewrite: [], lane }],
  });
  now -= 1;
  assert.deepEqual(await claim(store, 'b'), []);
  assert.equal((await store.stats()).delayed, 1);
});

test('a worker whose claim is answered after the lease has ended sends nothing', async () => {
  const clock = new FakeClock();
  const inner = sqliteOutbox(':memory:', { now: clock.wall });
  const seen = [];
  const store = {
    ...Object.fromEntries(
      ['enqueue', 'renew', 'settle', 'stats', 'deadLetters', 'retry', 'purge', 'close'].map(
        (name) => [name, (...args) => inner[name](...args)],
      ),
    ),
    isFrozen: true,
    async claim(request) {
      const claims = await inner.claim(request);
      seen.push(...claims.map(() => 'claimed'));
      if (this.isFrozen) clock.ms += 60_000;
      this.isFrozen = false;
      return claims;
    },
  };
  const { outbox, service } = newOutbox({ clock, store });
  service.answer = () => void seen.push('sent');
  await outbox.enqueuePerson(person('1'));
  outbox.start();
  await until(() => service.crm.size === 1);
  assert.deepEqual(seen, ['claimed', 'claimed', 'sent']);
  assert.equal((await outbox.stats()).pending, 0);
  await outbox.stop();
});

/**
 * Watches the workers' actions in order, and reports violations: a record with two holders, or an older value after a
 * newer one.
 */
async function witness(t) {
  const holders = new Map();
  const values = new Map();
  const wrong = [];
  const server = http.createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { who, ids, id, value } = JSON.parse(text);
    if (request.url === '/begin') {
      for (const one of ids) {
        if (holders.has(one)) wrong.push(`${one} is held by ${holders.get(one)} and by ${who}`);
        holders.set(one, who);
      }
    } else if (request.url === '/write') {
      if (value < (values.get(id) ?? -1)) wrong.push(`${id}: ${value} after ${values.get(id)}`);
      values.set(id, value);
    } else {
      for (const one of ids) holders.delete(one);
    }
    response.end('seen');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return { port: server.address().port, values, wrong };
}

/** A worker that reports its actions to the witness. `program` continues from there. */
const worker = (file, port, program) => `
  import { createTwentyCrmOutbox, sqliteOutbox } from 'twenty-crm-native';
  const tell = async (path, what) => {
    const body = JSON.stringify({ who: process.pid, ...what });
    await (await fetch('http://127.0.0.1:${port}/' + path, { method: 'POST', body })).text();
  };
  async function* sync(inputs) {
    const ids = inputs.map((input) => input.external_id);
    await tell('begin', { ids });
    for (const input of inputs) await tell('write', { id: input.external_id, value: Number(input.job_title) });
    await tell('end', { ids });
    for (const externalId of ids) yield { status: 'updated', externalId };
  }
  const newOutbox = () => createTwentyCrmOutbox({
    service: { syncPersons: sync, syncCompanies: sync },
    store: sqliteOutbox(${JSON.stringify(file)}),
    batchSize: 3,
    pollIntervalMs: 1,
  });
  const change = (at) => ({
    external_id: 'r' + at % ${RECORDS}, name: 'N', email: 'n@example.com', job_title: String(at),
  });
  ${program}`;

const RECORDS = 8;
const CHANGES = 400;

function start(code) {
  return spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

test('processes on one file: no record has two holders, and the last value is the newest', async (t) => {
  const file = newFile();
  const { port, values, wrong } = await witness(t);
  const helping = `
    const outbox = newOutbox();
    outbox.start();
    process.stdin.resume().on('end', async () => {
      await outbox.close();
      process.exit();
    });`;
  const helpers = [1, 2, 3].map(() => start(worker(file, port, helping)));
  const ended = helpers.map((child) => listenTo(child).ended);
  const filling = `
    const outbox = newOutbox();
    outbox.start();
    for (let at = 0; at < ${CHANGES}; at += 1) await outbox.enqueuePerson(change(at));
    await outbox.drain();
    await outbox.close();
    process.exit();`;
  const { code } = await listenTo(start(worker(file, port, filling))).ended;
  for (const child of helpers) child.stdin.end();
  await Promise.all(ended);
  assert.equal(code, 0);
  assert.deepEqual(wrong, []);
  for (let at = 0; at < RECORDS; at += 1) {
    assert.equal(values.get(`r${at}`), CHANGES - RECORDS + at);
  }
});

test('several outboxes in one process: the same', async (t) => {
  const { port, values, wrong } = await witness(t);
  const program = `
    const outboxes = [1, 2, 3, 4].map(newOutbox);
    for (const outbox of outboxes) outbox.start();
    for (let at = 0; at < ${CHANGES}; at += 1) await outboxes[at % 4].enqueuePerson(change(at));
    await outboxes[0].drain();
    for (const outbox of outboxes) await outbox.close();
    process.exit();`;
  const { code } = await listenTo(start(worker(newFile(), port, program))).ended;
  assert.equal(code, 0);
  assert.deepEqual(wrong, []);
  assert.equal(values.get('r0'), CHANGES - RECORDS);
});
