// The rejections of the sync service, as the caller sees them.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  createTwentyCrmSyncService,
  isTwentyCrmError,
  TwentyCrmApiError,
  TwentyCrmSyncService,
} from '../index.mjs';
import { newCompany, newPerson, rejection } from './helpers/crm.mjs';
import { clientOf, coreError, json, KEY, serve } from './helpers/servers.mjs';

/** A service whose server is always down. */
async function brokenService() {
  const server = await serve((_, response) => json(response, 503, coreError(503, 'Down')));
  return createTwentyCrmSyncService({ baseUrl: server.baseUrl, apiKey: KEY, maxRetries: 0 });
}

/** Every kind of rejection, as named functions. @param {TwentyCrmSyncService} service */
const rejections = (service) => ({
  'from the server': () => service.upsertPerson(newPerson()),
  'from the server, a company': () => service.upsertCompany(newCompany()),
  'by the core, before any request': () => service.upsertPerson(newPerson({ email: 'none' })),
  'by the boundary': () => service.upsertPerson(/** @type {any} */ (null)),
  'for an option': () => service.upsertPerson(newPerson(), { maxConflictRetries: Number.NaN }),
});

test('it is a TwentyCrmApiError, an Error, and a TwentyCrmError', async () => {
  const { TwentyCrmApiError: fromCommonJs } = createRequire(import.meta.url)('../index.js');
  for (const [name, reject] of Object.entries(rejections(await brokenService()))) {
    const error = await rejection(reject());
    assert.ok(error instanceof TwentyCrmApiError, name);
    assert.ok(error instanceof fromCommonJs, name);
    assert.ok(error instanceof Error, name);
    assert.ok(isTwentyCrmError(error), name);
    assert.equal(error.name, 'TwentyCrmApiError');
    assert.equal(Object.prototype.toString.call(error), '[object Error]');
  }
});

test('its fields are own and enumerable, and toJSON gives the same', async () => {
  for (const [name, reject] of Object.entries(rejections(await brokenService()))) {
    const error = await rejection(reject());
    const fields = { ...error };
    assert.deepEqual(error.toJSON(), fields, name);
    assert.deepEqual(JSON.parse(JSON.stringify(error)), fields, name);
    const known = ['code', 'message', 'status', 'isRetryable', 'details'];
    assert.deepEqual(
      Object.keys(fields).filter((key) => !known.includes(key)),
      [],
    );
    assert.ok(isTwentyCrmError(fields));
    assert.ok(isTwentyCrmError(JSON.parse(JSON.stringify(error))));
    assert.deepEqual(structuredClone(fields), fields);
    const clone = structuredClone(error);
    assert.ok(clone instanceof Error);
    assert.equal(clone.message, error.message);
  }
});

test('a failure from the server has status and details', async () => {
  const service = await brokenService();
  const error = await rejection(service.upsertPerson(newPerson()));
  assert.equal(error.code, 'SERVER_ERROR');
  assert.equal(error.status, 503);
  assert.equal(error.isRetryable, true);
  assert.equal(error.details.attempt, 1);
  assert.equal(error.details.maxRetries, 0);
  assert.match(inspect(error), /TwentyCrmApiError: .*Down/);
});

test('bad input names its field, and has no status', async () => {
  const service = await brokenService();
  const bad = [
    ['external_id', { external_id: '' }],
    ['external_id', { external_id: 5 }],
    ['name', { name: ' ' }],
    ['name', { name: undefined }],
    ['email', { email: 'none' }],
    ['job_title', { job_title: 5 }],
    ['job_title', { job_title: 'a\0b' }],
    ['city', { city: 'a\ud800b' }],
    ['total_submissions', { total_submissions: '5' }],
    ['total_submissions', { total_submissions: Number.NaN }],
    ['total_submissions', { total_submissions: Number.POSITIVE_INFINITY }],
  ];
  for (const [field, change] of bad) {
    const person = /** @type {any} */ ({ ...newPerson(), ...change });
    const error = await rejection(service.upsertPerson(person));
    assert.equal(error.code, 'VALIDATION_ERROR', error.message);
    assert.equal(error.details?.field, field, error.message);
    assert.ok(error.message.includes(field), error.message);
    assert.equal(error.isRetryable, false);
    assert.equal(error.status, undefined);
  }
});

test('the stack leads to a caller that awaits', async () => {
  const service = await brokenService();
  for (const [name, reject] of Object.entries(rejections(service))) {
    async function theCallerWhoAwaits() {
      return await reject();
    }
    const { stack, message } = await rejection(theCallerWhoAwaits());
    assert.ok(stack.startsWith(`TwentyCrmApiError: ${message}\n`), stack);
    assert.match(stack, /theCallerWhoAwaits \(.*errors-surface\.test\.mjs/, `${name}: ${stack}`);
  }
});

test('the stack leads to a caller that uses Promise.all or then', async () => {
  const service = await brokenService();
  async function theCallerOfAll() {
    return await Promise.all([
      service.upsertPerson(newPerson()),
      service.upsertCompany(newCompany()),
    ]);
  }
  const all = await rejection(theCallerOfAll());
  assert.match(all.stack, /theCallerOfAll/, all.stack);

  function theCallerWithThen() {
    return service.upsertPerson(newPerson()).then((result) => result.id);
  }
  const then = await rejection(theCallerWithThen());
  assert.match(then.stack, /theCallerWithThen/, then.stack);

  async function oneOfMany() {
    return await Promise.allSettled([1, 2, 3].map(() => service.upsertPerson(newPerson())));
  }
  for (const { reason } of /** @type {PromiseRejectedResult[]} */ (await oneOfMany())) {
    assert.match(reason.stack, /oneOfMany/, reason.stack);
  }
});

test('cause is set if there is one, and is not part of the JSON', async () => {
  const service = await brokenService();
  const cause = new RangeError('the getter is out of range');
  const person = Object.defineProperty(newPerson(), 'city', {
    enumerable: true,
    get: () => {
      throw cause;
    },
  });
  const error = await rejection(service.upsertPerson(person));
  assert.equal(error.code, 'VALIDATION_ERROR');
  assert.equal(error.cause, cause);
  assert.equal('cause' in error.toJSON(), false);
  const server = await rejection(service.upsertPerson(newPerson()));
  assert.equal(typeof server.details.originalError, 'string');
});

test('constructors throw what promises reject with', async () => {
  const server = await serve((_, response) => json(response, 200, {}));
  const client = clientOf(server.baseUrl);
  const config = { baseUrl: server.baseUrl, apiKey: KEY };
  const store = { findByEverId() {}, upsertMapping() {}, deleteMapping() {} };
  /** @type {[string, (...args: any[]) => unknown][]} */
  const cases = [
    ['restClient', () => new TwentyCrmSyncService(/** @type {any} */ (undefined))],
    ['restClient', () => new TwentyCrmSyncService(/** @type {any} */ ({ get() {} }))],
    ['mappingStore', () => new TwentyCrmSyncService(client, /** @type {any} */ ({}))],
    ['mappingStore', () => new TwentyCrmSyncService(client, /** @type {any} */ ('store'))],
    ['cacheTtlMs', () => new TwentyCrmSyncService(client, null, Number.NaN)],
    ['cacheTtlMs', () => new TwentyCrmSyncService(client, null, -1)],
    ['cacheTtlMs', () => new TwentyCrmSyncService(client, null, /** @type {any} */ ('1'))],
    ['config', () => createTwentyCrmSyncService(/** @type {any} */ (undefined))],
    ['baseUrl', () => createTwentyCrmSyncService({ baseUrl: 'x', apiKey: KEY })],
    ['options', () => createTwentyCrmSyncService(config, /** @type {any} */ ('fast'))],
    ['onWarning', () => createTwentyCrmSyncService(config, /** @type {any} */ ({ onWarning: 1 }))],
    ['defaultCountry', () => createTwentyCrmSyncService(config, { defaultCountry: 'Germany' })],
    ['cacheTtlMs', () => createTwentyCrmSyncService(config, { cacheTtlMs: Number.NaN })],
    ['cacheTtlMs', () => createTwentyCrmSyncService(config, Number.NaN)],
    [
      'collisions',
      () =>
        createTwentyCrmSyncService(config, /** @type {any} */ ({ collisions: { ownGone: 'x' } })),
    ],
  ];
  assert.ok(new TwentyCrmSyncService(client, /** @type {any} */ (store)));
  for (const [field, construct] of cases) {
    assert.throws(construct, (error) => {
      assert.ok(error instanceof TwentyCrmApiError, `${field}: ${error}`);
      assert.equal(error.code, 'VALIDATION_ERROR');
      assert.ok(String(error.details?.field).startsWith(field), `${field}: ${error.message}`);
      return true;
    });
  }
});

test('the server’s original message is the cause of a refusal', async () => {
  const service = await brokenService();
  const error = await rejection(service.upsertPerson(newPerson()));
  assert.ok(error.cause instanceof Error);
  assert.equal(error.cause.message, 'Down');
});
