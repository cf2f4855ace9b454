// The life of a process with an outbox: durable changes survive it, and the outbox does not keep it alive.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { sqliteOutbox } from '../../index.mjs';
import { listenTo } from '../helpers/programs.mjs';
import { FakeService, newOutbox, person } from './helpers.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'outbox-process-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = () => {
  files += 1;
  return path.join(folder, `${files}.db`);
};

/** Runs a program with an outbox on `file`. @param {string} file @param {string} program */
async function run(file, program) {
  const code = `
    import { createTwentyCrmOutbox, sqliteOutbox } from 'twenty-crm-native';
    let delivered = 0;
    async function* sync(inputs) {
      for (const { external_id: externalId } of inputs) {
        delivered += 1;
        yield { status: 'updated', externalId };
      }
    }
    const service = { syncPersons: sync, syncCompanies: sync };
    const outbox = createTwentyCrmOutbox({ service, store: sqliteOutbox(${JSON.stringify(file)}) });
    const person = (id) => ({ external_id: id, name: id, email: id + '@example.com' });
    ${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { code: status, signal, stdout } = await listenTo(child).ended;
  return { how: signal ?? status, stdout };
}

test('a started outbox with nothing to do lets the process end', async () => {
  const { how, stdout } = await run(
    newFile(),
    `outbox.start();
     await outbox.enqueuePerson(person('1'));
     process.on('exit', () => console.log(delivered));`,
  );
  assert.deepEqual([how, stdout], [0, '1\n']);
});

test('a drain keeps the process until it is done', async () => {
  const { stdout } = await run(
    newFile(),
    `await Promise.all(['1', '2', '3'].map((id) => outbox.enqueuePerson(person(id))));
     await outbox.drain();
     console.log(delivered, (await outbox.stats()).pending);`,
  );
  assert.equal(stdout, '3 0\n');
});

test('changes enqueued right before the exit or death of the process are delivered by the next one', async () => {
  for (const end of ['process.exit(0)', "process.kill(process.pid, 'SIGKILL')", "throw 'x'"]) {
    const file = newFile();
    const program = `
      await outbox.enqueuePerson(person('1'));
      ${end.startsWith('throw') ? "process.on('uncaughtException', () => process.exit(0));" : ''}
      ${end};`;
    await run(file, program);
    const { outbox, service } = newOutbox({ store: sqliteOutbox(file) });
    await outbox.drain();
    assert.deepEqual([...service.crm.keys()], ['person:1'], end);
    await outbox.close();
  }
});

test('two processes that start on one new file', async () => {
  const file = newFile();
  const program = (name) => `
    for (let at = 0; at < 50; at += 1) await outbox.enqueuePerson(person('${name}' + at));
    await outbox.close();`;
  const ran = await Promise.all(['a', 'b'].map((name) => run(file, program(name))));
  assert.deepEqual(
    ran.map(({ how }) => how),
    [0, 0],
  );
  const { outbox, service } = newOutbox({ store: sqliteOutbox(file) });
  await outbox.drain();
  assert.equal(service.crm.size, 100);
  await outbox.close();
});

test('unreadable records wait while others are delivered, and flush reports them', async () => {
  const file = newFile();
  const secret = 'a secret of thirty-two bytes, no less';
  const sealed = sqliteOutbox(file, { secret });
  const closed = newOutbox({ store: sealed });
  await closed.outbox.enqueuePerson(person('sealed'));
  const { outbox, errors } = newOutbox({ store: sqliteOutbox(file) });
  await outbox.enqueuePerson(person('open'));
  const { delivered, pending, delayed } = await outbox.flush({ timeoutMs: 1 });
  assert.deepEqual([delivered, pending, delayed], [1, 1, 1]);
  assert.deepEqual(
    errors.map(({ kind, records }) => [kind, records]),
    [['records', 1]],
  );
  await Promise.all([outbox.close(), closed.outbox.close()]);
});

test('with a secret, the files contain nothing of a person, and only the secret opens them', async () => {
  const file = newFile();
  const secret = 'a secret of thirty-two bytes, no less';
  const failing = new FakeService();
  failing.answer = () => ({
    code: 'VALIDATION_ERROR',
    message: 'Austen is no name',
    isRetryable: false,
  });
  const { outbox } = newOutbox({ store: sqliteOutbox(file, { secret }), service: failing });
  await outbox.enqueuePerson(person('1', { name: 'Jane Austen' }));
  await outbox.drain();
  await outbox.enqueuePerson(person('2', { name: 'Jane Austen' }));
  const texts = readdirSync(folder)
    .filter((name) => path.join(folder, name).startsWith(file))
    .map((name) => readFileSync(path.join(folder, name), 'latin1'));
  assert.ok(texts.length > 0);
  assert.ok(texts.every((text) => !text.includes('Austen') && !text.includes(secret)));
  if (process.platform !== 'win32') assert.equal(statSync(file).mode & 0o777, 0o600);
  await outbox.close();

  const other = 'another secret of thirty-two bytes, at least';
  const locked = newOutbox({ store: sqliteOutbox(file, { secret: other }) });
  await assert.rejects(locked.outbox.drain(), { details: { reason: 'SECRET' } });
  const [letter] = await locked.outbox.deadLetters();
  assert.deepEqual(
    [letter.id, letter.input, letter.error.details.reason],
    ['person:1', null, 'SECRET'],
  );
  await locked.outbox.close();

  // There is no wait: with the right secret it can be read.
  const renewed = newOutbox({ store: sqliteOutbox(file, { secrets: [other, secret] }) });
  assert.equal((await renewed.outbox.deadLetters())[0].input.name, 'Jane Austen');
  const { delivered, pending } = await renewed.outbox.flush({ timeoutMs: 1 });
  assert.deepEqual([delivered, pending], [1, 0]);
  assert.deepEqual([...renewed.service.crm.keys()], ['person:2']);
  await renewed.outbox.close();
});
