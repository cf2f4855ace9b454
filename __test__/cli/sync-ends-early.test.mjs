// A sync that ends early: what is written by then, what is reported, where to continue.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { open, writeFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { useSim } from '../helpers/crm.mjs';
import { serve } from '../helpers/servers.mjs';
import { envOf, file, fresh, ndjson, runJson, start } from './cli.mjs';
import { people } from './clients.mjs';

const crm = useSim({ preset: 'provisioned' });

/** @param {string} plural */
const rowsById = async (plural) =>
  new Map((await crm.sim.records(plural)).map((row) => [row.externalId, row]));

describe('a run that ends early', () => {
  test('broken input: what was read is written, the line is named, and the place to continue', async () => {
    const env = envOf(crm.sim);
    const rows = people(300).map(
      ({ external_id, name, email }) => `${external_id},${name},${email}\n`,
    );
    const header = 'external_id,name,email\n';
    const bytes = Buffer.from(
      `${header}${rows.join('')}cli_x,Mäx,x@example.com\ncli_y,Y,y@example.com\n`,
      'latin1',
    );
    const input = file('people.csv', bytes);
    const ran = await runJson(['sync', 'people', input], { env });
    assert.equal(ran.code, 5);
    assert.match(ran.json.error.message, /Line 302 is not UTF-8/);
    assert.deepEqual([ran.json.result.created, ran.json.result.resumeFromLine], [300, 302]);
    assert.match(ran.stderr, /--encoding windows-1252/);
    const whole = await runJson(['sync', 'people', input, '--encoding', 'windows-1252'], { env });
    assert.equal(whole.code, 0, whole.stderr);
    assert.equal((await rowsById('people')).get('cli_x').name.firstName, 'Mäx');

    const open = file(
      'open.csv',
      `${header}${rows.slice(0, 3).join('')}cli_x,"open,x@example.com\n${rows[3]}`,
    );
    const broken = await runJson(['sync', 'people', open], { env });
    assert.equal(broken.code, 5);
    assert.match(broken.json.error.message, /Line 5: a quotation mark opens/);
    assert.equal(broken.json.result.resumeFromLine, 5);
    assert.equal(broken.json.result.stoppedBy, 'INPUT');
  });

  test('a key revoked during the run: 3, and the place to continue', async () => {
    let requests = 0;
    const server = await serve((_, response) => {
      requests += 1;
      if (requests > 1) {
        response.writeHead(401, { 'content-type': 'application/json' });
        response.end(
          '{"statusCode":401,"error":"UnauthorizedException","messages":["This API Key is revoked"]}',
        );
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"data":{"people":[]},"totalCount":0,"pageInfo":{}}');
    });
    const env = envOf({ baseUrl: server.baseUrl, apiKey: crm.sim.apiKey });
    const input = file('people.ndjson', ndjson(people(5_000)));
    const ran = await runJson(['sync', 'people', input], { env });
    assert.equal(ran.code, 3, ran.stdout);
    assert.equal(ran.json.error.code, 'AUTH_ERROR');
    assert.equal(ran.json.result.stoppedBy, 'AUTH_ERROR');
    assert.equal(ran.json.result.resumeFromLine, 1);
    assert.ok(ran.json.result.read < 5_000, 'the rest is not tried');
  });

  test('a CRM that fails during the run: 4; only the rejects and the rest of the file are missing', async () => {
    const env = envOf(crm.sim);
    const input = file('people.ndjson', ndjson(people(12_000)));
    const rejects = fresh('rejects.ndjson');
    const down = { type: 'status', status: 503, body: 'down' };
    // Late enough for some batches to be written: their look-ups are POSTs, too.
    await crm.sim.addFaults({ method: 'POST', nth: 15, times: 10_000, action: down });
    const args = ['--retries', '0'];
    const first = await runJson(['sync', 'people', input, '--rejects', rejects, ...args], { env });
    const { result, error } = first.json;
    assert.deepEqual(
      [first.code, error.code, result.stoppedBy],
      [4, 'SERVER_ERROR', 'SERVER_ERROR'],
    );
    assert.ok(result.read < 12_000 && result.created > 0 && result.refused >= 25, first.stdout);
    assert.equal(result.resumeFromLine, result.read + 1);
    assert.match(first.stderr, /^error: /m);

    await crm.sim.clearFaults();
    const second = await runJson(['sync', 'people', rejects], { env });
    assert.deepEqual([second.code, second.json.result.read], [0, result.refused]);
    const from = ['--from-line', String(result.resumeFromLine)];
    const third = await runJson(['sync', 'people', input, ...from], { env });
    assert.equal(third.code, 0);
    assert.equal((await rowsById('people')).size, 12_000);

    // Without a rejects file, continue from the first record that was not delivered.
    await crm.sim.reset();
    await crm.sim.addFaults({ method: 'POST', nth: 1, times: 10_000, action: down });
    const bare = await runJson(['sync', 'people', input, ...args], { env });
    assert.deepEqual([bare.code, bare.json.result.resumeFromLine], [4, 1]);
    await crm.sim.clearFaults();
  });

  test('Ctrl-C finishes what is in flight and says where to continue; then nothing is missing', async () => {
    const env = envOf(crm.sim);
    const records = people(1_000);
    const running = start(['sync', 'people', '-', '--format', 'ndjson', '--json'], env);
    running.child.stdin.write(ndjson(records.slice(0, 630)));
    // Whole batches are written while the input is open; the last 30 records wait for more.
    await holds(600);
    running.child.kill('SIGINT');
    await running.says(/Stopping: finishing/);
    const { code, stdout } = await running.ended;
    assert.equal(code, 130);
    const { result } = JSON.parse(stdout);
    assert.equal(result.stoppedBy, 'SIGINT');
    assert.equal(result.created, 630);
    assert.equal(result.resumeFromLine, 631);
    const rest = await runJson(
      ['sync', 'people', '-', '--format', 'ndjson', '--from-line', '631'],
      { env, input: ndjson(records) },
    );
    assert.deepEqual([rest.code, rest.json.result.read, rest.json.result.created], [0, 370, 370]);
    assert.equal((await crm.sim.records('people')).length, 1_000);
  });

  test('a second Ctrl-C cancels what is in flight', async () => {
    await crm.sim.addFaults({ method: 'POST', action: { type: 'stallHeaders' } });
    const input = file('people.ndjson', ndjson(people(10)));
    const running = start(['sync', 'people', input], envOf(crm.sim));
    running.child.stdin.end();
    await hasPosted();
    running.child.kill('SIGINT');
    await running.says(/Stopping: finishing/);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    // There is no terminal, so the message does not mention another key press.
    assert.doesNotMatch(stderr, /again to stop/);
    assert.equal(code, 130);
    assert.match(stdout, /0 records in .*, [1-9]\d* requests?\n/);
    assert.match(stdout, /Stopped before line 1\./);
    assert.match(stdout, /npx twenty-crm-native sync people \S+ --from-line 1\n/);
  });

  test('Ctrl-C before any input: 130', async () => {
    for (const args of [
      ['sync', 'people', '-', '--format', 'csv'],
      ['sync', 'people', '-', '--format', 'ndjson'],
      ['upsert', 'person', '-'],
    ]) {
      // The hook shows that the program listens for signals.
      const hook = file(
        'hook.cjs',
        "const { stdin } = process; stdin.on('newListener', (name) => name === 'readable' && process.stderr.write('waiting'));",
      );
      const env = { ...envOf(crm.sim), NODE_OPTIONS: `--require ${hook}` };
      const running = start([...args, '--json'], env);
      await running.says(/waiting/);
      running.child.kill('SIGINT');
      const { code, stdout } = await running.ended;
      assert.equal(code, 130);
      assert.equal(JSON.parse(stdout).error.code, 'INTERRUPTED');
    }
  });

  test('SIGTERM: 143', async () => {
    const running = start(['sync', 'people', '-', '--format', 'ndjson'], envOf(crm.sim));
    running.child.stdin.write(ndjson(people(200)));
    await holds(200);
    running.child.kill('SIGTERM');
    const { code, stdout } = await running.ended;
    assert.equal(code, 143);
    assert.match(stdout, /--from-line 201 {3}\(with the same input\)/);
  });
});

/** Waits until the CRM has this many people. @param {number} count */
async function holds(count) {
  while ((await crm.sim.records('people')).length < count) await new Promise(setImmediate);
}

/** Waits until a write has arrived. */
async function hasPosted() {
  while (!(await crm.sim.log()).some(({ method }) => method === 'POST')) {
    await new Promise(setImmediate);
  }
}

describe('a named pipe', { skip: process.platform === 'win32' && 'no named pipes' }, () => {
  /** @param {string} name */
  const newPipe = (name) => {
    const pipe = fresh(name);
    execFileSync('mkfifo', [pipe]);
    return pipe;
  };
  const [one, two] = people(2).map(
    ({ external_id, name, email }) => `${external_id},${name},${email}\n`,
  );

  test('is read like a file', async () => {
    const pipe = newPipe('people.csv');
    const { ended } = start(['sync', 'people', pipe, '--json'], envOf(crm.sim));
    await writeFile(pipe, `external_id,name,email\n${one}${two}`);
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).result.created, 2);
  });

  test('without data, is abandoned at the first signal', async () => {
    for (const text of ['', 'external_id,name,email\n', `external_id,name,email\n${one}`]) {
      const pipe = newPipe('people.csv');
      const { child, ended } = start(['sync', 'people', pipe], envOf(crm.sim));
      // Opens as soon as a reader does.
      const writer = await open(pipe, 'w');
      await writer.write(text);
      child.kill('SIGINT');
      const { code, signal, stderr } = await ended;
      assert.deepEqual([code, signal], [130, null], stderr);
      await writer.close();
    }
  });
});
