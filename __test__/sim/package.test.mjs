// The package twenty-crm-native-sim: starting a simulator, steering it, and signing deliveries.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { after, before, beforeEach, describe, test } from 'node:test';
import { verifyTwentyWebhook } from '../../index.mjs';
import { signTwentyWebhook, startTwentySim } from '../../sim/npm/index.mjs';
import { listenTo } from '../helpers/programs.mjs';
import '../helpers/sim.mjs';
import { personEvent } from '../webhooks/deliveries.mjs';
import { WebhookListener } from './webhook-listener.mjs';

const EVENT = personEvent();

/** @param {{ baseUrl: string, apiKey: string }} sim @param {string} path @param {object} [row] */
const call = ({ baseUrl, apiKey }, path, row) =>
  fetch(`${baseUrl}/rest/${path}`, {
    method: row ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    ...(row && { body: JSON.stringify(row) }),
  });

describe('startTwentySim', () => {
  test('names what it does not know, and values that it does not take, before it starts anything', async () => {
    for (const [options, message] of /** @type {[any, RegExp][]} */ ([
      [{ flavor: '2.31' }, /has no option 'flavor'; it has preset, flavour/],
      [{ flavour: '9.9' }, /flavour must be '2.21', '2.31', '2.47'/],
      [{ preset: 'none' }, /preset must be 'fresh'/],
      [{ latencyMs: '5' }, /latencyMs must be a whole number/],
      [{ latencyMs: -1 }, /latencyMs must be a whole number/],
      [{ toldLimits: 'no' }, /toldLimits must be true or false/],
      [{ rateLimit: '100' }, /rateLimit must be 'none'/],
      [{ upsertRace: 2 }, /upsertRace must be a chance/],
      [{ seed: null }, /seed must be an object of rows/],
      ['2.31', /options must be an object/],
      [null, /options must be an object/],
    ])) {
      await assert.rejects(startTwentySim(options), { name: 'TypeError', message });
    }
  });

  test('every option with a flag is one of the program’s, and it takes the values', async () => {
    const { stop } = await startTwentySim({
      ...{ preset: 'fresh', flavour: '2.47', rateLimit: '10/1000,100/60000/20', latencyMs: 1 },
      ...{ port: 0, metadataFormat: 'new', unsentSubfields: 'kept', toldLimits: false },
      ...{ recordLimit: 5, allowanceExhausted: true, webhookLimit: true, upsertRace: 0.5 },
      ...{ serviceTimes: '1,2,3', keepAliveMs: 9, logSize: 2, rngSeed: 7, env: { A: 'b' } },
    });
    await stop();
  });

  test('rejects with what the program says', async (context) => {
    const { baseUrl, stop } = await startTwentySim();
    context.after(stop);
    const port = Number(new URL(baseUrl).port);
    await assert.rejects(startTwentySim({ port }), /twenty-sim did not start: .*in use/i);
  });

  test('a seed or a fault that is no good rejects, and nothing goes on running', async () => {
    const seed = { people: [{ id: 1 }], nowhere: [{}] };
    await assert.rejects(startTwentySim({ seed }), /POST \/__sim\/seed answered 400/);
    await assert.rejects(
      startTwentySim({ faults: /** @type {any} */ ({ action: { type: 'nothing' } }) }),
      /POST \/__sim\/faults answered 400/,
    );
  });

  test('stop may be called twice, and the process is gone then', async () => {
    const { baseUrl, pid, stop } = await startTwentySim();
    await Promise.all([stop(), stop()]);
    await stop();
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    await assert.rejects(fetch(baseUrl));
  });

  test('it neither keeps a process alive nor outlives it', async () => {
    const program = `
      import { startTwentySim } from './sim/npm/index.mjs';
      const { baseUrl, control } = await startTwentySim();
      await control.stats();
      console.log(baseUrl);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: new URL('../..', import.meta.url),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { code, stdout, output } = await listenTo(child).ended;
    assert.equal(code, 0, output);
    const baseUrl = stdout.trim();
    assert.match(baseUrl, /^http:/);
    // It ends a moment after its standard input did.
    while (await answers(baseUrl));
  });

  test('without a binary, the error says what to do', async () => {
    const named = process.env.TWENTY_SIM_BIN;
    try {
      process.env.TWENTY_SIM_BIN = '/nowhere/twenty-sim';
      await assert.rejects(startTwentySim(), {
        code: 'TWENTY_SIM_NO_BINARY',
        message: /TWENTY_SIM_BIN is \/nowhere\/twenty-sim, and there is no such file/,
      });
      delete process.env.TWENTY_SIM_BIN;
      await assert.rejects(startTwentySim(), {
        code: 'TWENTY_SIM_NO_BINARY',
        message: /the package twenty-crm-native-sim-\w+-\w+ is not installed: .*--omit=optional/,
      });
    } finally {
      process.env.TWENTY_SIM_BIN = named;
    }
  });

  test('require and import give the same functions', () => {
    const required = createRequire(import.meta.url)('../../sim/npm');
    assert.equal(required.startTwentySim, startTwentySim);
    assert.equal(required.signTwentyWebhook, signTwentyWebhook);
  });
});

/** @param {string} url */
const answers = (url) =>
  fetch(url).then(
    () => true,
    () => false,
  );

describe('control', () => {
  /** @type {import('../../sim/npm/index.js').TwentySim} */
  let sim;
  before(async () => {
    sim = await startTwentySim({
      seed: { people: [{ jobTitle: 'CTO' }] },
      faults: { path: '/rest/companies', action: { type: 'databaseDown' } },
    });
  });
  after(() => sim.stop());
  beforeEach(() => sim.control.reset());

  test('seed and faults of the start are there, and again after a reset', async () => {
    const { control } = sim;
    const titles = async () =>
      (await control.records('people')).map(({ jobTitle }) => jobTitle).sort();
    assert.deepEqual(await titles(), ['CTO']);
    assert.equal(await control.seed({ people: [{ jobTitle: 'CEO' }, {}] }), 2);
    assert.deepEqual(await titles(), ['CEO', 'CTO', undefined]);
    await control.reset();
    assert.deepEqual(await titles(), ['CTO']);
    assert.equal((await call(sim, 'companies')).status, 400);
    assert.deepEqual(await control.firedFaults(), [1]);
  });

  test('faults are added and removed', async () => {
    const { control } = sim;
    await control.clearFaults();
    const status = { type: /** @type {const} */ ('status'), status: 503 };
    await control.addFaults([
      { path: '/rest/people', times: 1, action: status },
      { path: '/rest/people', times: 1, action: { ...status, status: 418 } },
    ]);
    const answers = [];
    for (let n = 0; n < 3; n += 1) answers.push((await call(sim, 'people')).status);
    assert.deepEqual(answers, [503, 418, 200]);
    assert.deepEqual(await control.firedFaults(), [1, 1]);
  });

  test('the clock moves rate limits', async () => {
    const { control } = sim;
    await control.setOptions({ rateLimits: { long: { limit: 1, ttlMs: 60_000 } } });
    const statuses = [(await call(sim, 'people')).status, (await call(sim, 'people')).status];
    const now = await control.advanceClock(60_000);
    assert.ok(Math.abs(now - Date.now() - 60_000) < 60_000);
    statuses.push((await call(sim, 'people')).status);
    assert.deepEqual(statuses, [200, 429, 200]);
    assert.equal((await control.stats()).rateLimited, 1);
  });

  test('requests are logged, control is not', async () => {
    const { control } = sim;
    await call(sim, 'people', { jobTitle: 'COO' });
    const [request, ...others] = await control.log();
    assert.deepEqual(others, []);
    assert.deepEqual([request.method, request.path, request.status], ['POST', '/rest/people', 201]);
    assert.deepEqual(JSON.parse(request.body), { jobTitle: 'COO' });
    assert.equal((await control.stats()).total, 1);
  });

  test('ids can be told beforehand', async () => {
    const id = '11111111-1111-4111-8111-111111111111';
    await sim.control.nextIds([id]);
    await call(sim, 'people', { jobTitle: 'CFO' });
    const rows = await sim.control.records('people');
    assert.ok(rows.some((row) => row.id === id && row.jobTitle === 'CFO'));
  });

  test('a webhook gets signed deliveries, and registering it is no request', async (context) => {
    const listener = await WebhookListener.start();
    context.after(() => listener.stop());
    const targetUrl = `http://${listener.address}/hook`;
    const { control } = sim;
    const { secret } = await control.addWebhook({ targetUrl, operations: ['person.created'] });
    assert.match(secret, /^[0-9a-f]{64}$/);
    const own = await control.addWebhook({ targetUrl, operations: ['person.*'], secret: 'mine' });
    assert.equal(own.secret, 'mine');
    assert.equal((await control.stats()).total, 0);
    await call(sim, 'people', { jobTitle: 'CIO' });
    await listener.until(2);
    for (const { headers, text } of listener.deliveries) {
      const event = verifyTwentyWebhook({ secret: [secret, 'mine'], headers, rawBody: text });
      assert.equal(event.eventName, 'person.created');
    }
    await assert.rejects(control.addWebhook({ targetUrl: 'nowhere' }), /answered 400/);
  });
});

describe('signTwentyWebhook', () => {
  test('signs as Twenty does: verifyTwentyWebhook takes it', () => {
    for (const body of [EVENT, JSON.stringify(EVENT, null, 2)]) {
      const { body: rawBody, headers } = signTwentyWebhook({ body, secret: 's3cret' });
      const event = verifyTwentyWebhook({ secret: 's3cret', headers, rawBody });
      assert.deepEqual({ ...event, deliveryId: undefined }, { ...EVENT, deliveryId: undefined });
      assert.match(headers['X-Twenty-Webhook-Nonce'], /^[0-9a-f]{32}$/);
    }
  });

  test('timestamp and nonce can be told', () => {
    const { headers } = signTwentyWebhook({
      ...{ body: '{"a":1}', secret: 's3cret', timestamp: 1_700_000_000_000, nonce: 'n' },
    });
    assert.deepEqual(headers, {
      'Content-Type': 'application/json',
      'X-Twenty-Webhook-Timestamp': '1700000000000',
      // printf '1700000000000:{"a":1}' | openssl dgst -sha256 -hmac s3cret
      'X-Twenty-Webhook-Signature':
        '37764631df180b75e59dde234deb459f5fea84d504d437574bf8d7e7fa3fc363',
      'X-Twenty-Webhook-Nonce': 'n',
    });
  });

  test('what cannot be signed is named', () => {
    for (const [delivery, message] of /** @type {[any, RegExp][]} */ ([
      [undefined, /options must be an object/],
      [{ body: EVENT, secret: 's', at: 1 }, /no option 'at'; it has body, secret/],
      [{ body: EVENT, secret: '' }, /secret must be/],
      [{ body: EVENT }, /secret must be/],
      [{ secret: 's' }, /body must be/],
      [{ body: Buffer.from('{}'), secret: 's' }, /body must be/],
      [{ body: EVENT, secret: 's', timestamp: '1' }, /timestamp must be/],
    ])) {
      assert.throws(() => signTwentyWebhook(delivery), { name: 'TypeError', message });
    }
  });
});
