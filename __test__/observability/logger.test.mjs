// Which events are logged at which level, and what is never logged.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TwentyCrmSyncService } from '../../index.mjs';
import { newPerson, rejection, useSim } from '../helpers/crm.mjs';
import { notingLogger } from '../helpers/listening.mjs';
import { clientOf, json, serve } from '../helpers/servers.mjs';

const crm = useSim();

/** Causes lines of every level. @param {any} hooks */
async function everyLevel(hooks) {
  const server = await serve(({ number, url }, response) =>
    json(response, number === 1 ? 503 : url === '/no' ? 401 : 200, {}),
  );
  const client = clientOf(server.baseUrl, hooks);
  await client.get('/yes');
  await client.get('/no');
  await crm.service(hooks).syncPersons([newPerson()]);
}

test('a level logs its own lines and those above', async () => {
  const levels = ['debug', 'info', 'warn', 'error'];
  for (const [at, logLevel] of levels.entries()) {
    const { logger, lines } = notingLogger();
    await everyLevel({ logger, logLevel });
    const seen = new Set(lines.map(({ level }) => level));
    assert.deepEqual([...seen].sort(), levels.slice(at).sort(), logLevel);
  }
  const { logger, lines } = notingLogger();
  await everyLevel({ logger, logLevel: 'off' });
  assert.deepEqual(lines, []);
});

test('the default level is info', async () => {
  const { logger, lines } = notingLogger();
  await everyLevel({ logger });
  const seen = new Set(lines.map(({ level }) => level));
  assert.deepEqual([...seen].sort(), ['error', 'info', 'warn']);
});

test('lines say what happened to which request, for people and for grep', async () => {
  const { logger, lines } = notingLogger();
  await everyLevel({ logger, logLevel: 'debug' });
  const text = lines
    .map(({ level, line }) => `${level} ${line}`)
    .map((line) => line.replaceAll(/(delayMs|durationMs)=[\d.]+/g, '$1=N'))
    .join('\n');
  for (const line of [
    'debug twenty-crm-native: GET /yes 503 code=SERVER_ERROR durationMs=N attempt=1 bytes=2',
    'warn twenty-crm-native: GET /yes failed and will be retried code=SERVER_ERROR status=503 attempt=1 delayMs=N retriesLeft=2',
    'debug twenty-crm-native: GET /yes 200 durationMs=N attempt=2 bytes=2',
    'error twenty-crm-native: GET /no failed code=AUTH_ERROR status=401',
    'info twenty-crm-native: bulk upsert of person begins',
    'info twenty-crm-native: bulk upsert of person done total=1 created=1 updated=0',
  ]) {
    assert.ok(text.includes(line), `${line}\nis not in\n${text}`);
  }
});

test('single upserts: failures are errors, warnings are warnings, the rest is debug', async () => {
  const { logger, lines } = notingLogger();
  const service = crm.service({ logger, logLevel: 'debug', invalidEmail: 'leave_out' });
  const person = newPerson({ phone: 'nonsense' });
  await service.upsertPerson(person);
  await service.findPerson(person.external_id);
  await service.deletePerson(person.external_id);
  await rejection(service.upsertPerson(newPerson({ phone: 7 })));
  const own = lines
    .filter(({ line }) => !/ (GET|POST|PATCH|DELETE) /.test(line))
    .map(({ level, line }) => `${level} ${line.replace(/ durationMs=[\d.]+/, '')}`);
  const prefix = 'twenty-crm-native:';
  const id = `externalId=${person.external_id}`;
  assert.deepEqual(own.slice(0, 4), [
    `debug ${prefix} upsert of person created ${id} warnings=1`,
    `warn ${prefix} a value was left out or changed ${id} field=phone reason=invalid_phone`,
    `debug ${prefix} find of person found ${id} warnings=0`,
    `debug ${prefix} delete of person deleted ${id} warnings=0`,
  ]);
  assert.match(own[4], /^error .* upsert of person failed externalId=p-\S+ code=VALIDATION_ERROR$/);
});

test('a bulk run with failed records logs one line, not one for each', async () => {
  const { logger, lines } = notingLogger();
  const records = Array.from({ length: 20 }, () => newPerson({ phone: 'nonsense' }));
  const broken = Array.from({ length: 7 }, () => newPerson({ phone: 7 }));
  const service = crm.service({ logger });
  await service.syncPersons([...records, ...broken]);
  await service.syncPersons(records.slice(0, 3), { force: true });
  const levels = lines.map(({ level }) => level);
  assert.deepEqual(levels, ['info', 'error', 'info', 'warn']);
  assert.match(lines[1].line, / failed=7 .*failures=VALIDATION_ERROR:7/);
  assert.match(lines[1].line, / warnings=phone\/invalid_phone:20/);
  assert.match(lines[3].line, / updated=3 /);
});

test('console, pino and winston work as loggers', async () => {
  const written = [];
  const write = (chunk) => written.push(String(chunk));
  const { Console } = await import('node:console');
  const { Writable } = await import('node:stream');
  const stream = new Writable({
    write(chunk, _, done) {
      write(chunk);
      done();
    },
  });
  /** As pino: methods on a prototype that need their `this`; a message alone, or an object before it. */
  class Pino {
    #write = write;
    debug(/** @type {any[]} */ ...args) {
      this.#log(args);
    }
    info(/** @type {any[]} */ ...args) {
      this.#log(args);
    }
    warn(/** @type {any[]} */ ...args) {
      this.#log(args);
    }
    error(/** @type {any[]} */ ...args) {
      this.#log(args);
    }
    #log([first, second]) {
      const [fields, msg] = typeof first === 'object' ? [first, second] : [{}, first];
      this.#write(JSON.stringify({ ...fields, msg }));
    }
  }
  /** As winston: a message and metadata; returns the logger itself. */
  const winston = {};
  for (const level of ['debug', 'info', 'warn', 'error']) {
    winston[level] = (message, meta) => {
      write(JSON.stringify({ level, message, ...meta }));
      return winston;
    };
  }
  for (const logger of [new Console(stream, stream), new Pino(), winston]) {
    written.length = 0;
    await everyLevel({ logger });
    const text = written.join('\n');
    assert.match(text, /GET \/yes failed and will be retried code=SERVER_ERROR status=503/);
    assert.doesNotMatch(text, /undefined|\[object/);
  }
});

const PERSONAL = {
  name: 'Zaphod Beeblebrox',
  email: 'zaphod@heart-of-gold.example',
  phone: '+4915112345678',
  bad: 'Ford Prefect',
};

test('no name, address or number of a person is ever logged', async () => {
  const { logger, text } = notingLogger();
  const hooks = { logger, logLevel: 'debug' };
  const { name, email, phone, bad } = PERSONAL;
  const person = newPerson({ name, email, phone });
  const service = crm.service({ ...hooks, invalidEmail: 'leave_out' });
  await service.upsertPerson(person);
  await service.upsertPerson({ ...person, external_id: email });
  await service.upsertPerson({ ...person, external_id: phone, email: `x${email}` });
  await service.upsertPerson({ ...person, phone: bad });
  await service.syncPersons([person, { ...person, external_id: email, phone: bad }]);
  await service.findPerson(email);
  await service.deletePerson(email);
  await rejection(service.upsertPerson({ ...person, email: /** @type {any} */ ([email]) }));
  // Servers that echo the request in every field that is read.
  const everything = `${name} ${email} ${phone}`;
  for (const status of [400, 401, 404, 409, 500, 503]) {
    const server = await serve((_, response) =>
      json(response, status, {
        statusCode: status,
        error: everything,
        messages: [everything],
        code: email,
      }),
    );
    const client = clientOf(server.baseUrl, { ...hooks, maxRetries: 1 });
    await client.get(`/rest/people?filter=emails.primaryEmail[eq]:${email}`);
    await client.get(`/rest/people/${email}/${encodeURIComponent(email)}/${phone}`);
    await client.get(`/rest/people/${encodeURIComponent(name)}#${email}`);
    await client.post('/rest/people', person);
    await rejection(new TwentyCrmSyncService(client).upsertPerson(person));
  }
  const logged = text();
  assert.ok(logged.split('\n').length > 50);
  for (const part of [...Object.values(PERSONAL), 'Zaphod', 'Beeblebrox', 'heart-of-gold']) {
    assert.ok(!logged.includes(part), `${part} in\n${logged}`);
  }
  assert.doesNotMatch(logged, /15112345678|%40|filter|@/);
});

test('names from a caller cannot inject log lines', async () => {
  const { logger, lines } = notingLogger();
  const service = crm.service({ logger, logLevel: 'debug' });
  const person = newPerson();
  const external_id = `${person.external_id}\u2028code=FAKE\u001b[31m`;
  await service.upsertPerson({ ...person, external_id });
  const line = lines.find((other) => other.line.includes('upsert of person'))?.line ?? '';
  assert.match(line, /upsert of person created/);
  assert.doesNotMatch(line, /\p{Cc}|\p{Zl}/u);
});
