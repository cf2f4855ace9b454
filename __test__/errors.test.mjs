import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { inspect } from 'node:util';

const { TwentyCrmApiError, TwentyCrmErrorCode, createTwentyCrmError, isTwentyCrmError } =
  createRequire(import.meta.url)('../lib/errors.js');

const plain = Object.freeze({
  code: TwentyCrmErrorCode.RATE_LIMIT,
  message: 'The workspace asks for fewer requests: wait 30 s.',
  status: 429,
  isRetryable: true,
  details: { attempt: 4, maxRetries: 3 },
});

test('the enum is a frozen object of nine codes, each its own name', () => {
  assert.ok(Object.isFrozen(TwentyCrmErrorCode));
  assert.equal(Object.keys(TwentyCrmErrorCode).length, 9);
  for (const [name, value] of Object.entries(TwentyCrmErrorCode)) assert.equal(name, value);
});

test('the factory sets only what it is given', () => {
  const bare = createTwentyCrmError(TwentyCrmErrorCode.NOT_FOUND, 'No such record.');
  assert.deepEqual(bare, { code: 'NOT_FOUND', message: 'No such record.', isRetryable: false });
  assert.deepEqual(
    createTwentyCrmError(plain.code, plain.message, { status: 429, details: plain.details }),
    plain,
  );
});

test('by default the code decides isRetryable, and the option overrides it', () => {
  const retryable = Object.values(TwentyCrmErrorCode).filter(
    (code) => createTwentyCrmError(code, '').isRetryable,
  );
  assert.deepEqual(retryable, ['TIMEOUT', 'RATE_LIMIT', 'SERVER_ERROR', 'NETWORK_ERROR']);
  const { TIMEOUT, UNKNOWN } = TwentyCrmErrorCode;
  assert.equal(createTwentyCrmError(TIMEOUT, '', { isRetryable: false }).isRetryable, false);
  assert.equal(createTwentyCrmError(UNKNOWN, '', { isRetryable: true }).isRetryable, true);
});

test('the guard accepts errors of the factory, of the services, and parsed from JSON', () => {
  assert.ok(isTwentyCrmError(plain));
  assert.ok(isTwentyCrmError(createTwentyCrmError(TwentyCrmErrorCode.UNKNOWN, '')));
  const nulls = /** @type {any} */ ({ status: null, details: null });
  assert.ok(isTwentyCrmError(createTwentyCrmError(TwentyCrmErrorCode.UNKNOWN, '', nulls)));
  assert.ok(isTwentyCrmError(new TwentyCrmApiError(plain)));
  assert.ok(isTwentyCrmError(JSON.parse(JSON.stringify(new TwentyCrmApiError(plain)))));
  assert.ok(isTwentyCrmError(structuredClone({ ...new TwentyCrmApiError(plain) })));
});

test('the guard refuses everything else, and never throws', () => {
  const throwing = new Proxy({}, { get: () => assert.fail('read') });
  const refused = [
    ...[undefined, null, 0, '', 'TIMEOUT', Symbol('x'), () => {}, [], {}, throwing],
    new Error('plain'),
    Object.assign(new Error('from Node'), { code: 'ECONNRESET' }),
    { ...plain, code: 'NO_SUCH_CODE' },
    { ...plain, code: 'toString' },
    { ...plain, message: 1 },
    { ...plain, isRetryable: 'true' },
    { ...plain, isRetryable: undefined },
    { ...plain, status: '429' },
    { ...plain, status: null },
    { ...plain, details: null },
    { ...plain, details: 'text' },
  ];
  for (const [index, value] of refused.entries()) {
    assert.equal(isTwentyCrmError(value), false, `value ${index}`);
  }
});

test('TwentyCrmApiError is an Error with the fields of a TwentyCrmError, own and enumerable', () => {
  const error = new TwentyCrmApiError(plain);
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'TwentyCrmApiError');
  assert.equal(String(error), `TwentyCrmApiError: ${plain.message}`);
  assert.deepEqual({ ...error }, plain);
  assert.deepEqual(error.toJSON(), plain);
  assert.deepEqual(JSON.parse(JSON.stringify({ error })), { error: plain });
});

test('anything but a TwentyCrmError is refused, with advice', () => {
  for (const value of [undefined, null, 'text', 5, {}, new Error('x'), { ...plain, code: 'X' }]) {
    assert.throws(() => new TwentyCrmApiError(value), {
      name: 'TypeError',
      message: /createTwentyCrmError\(code, message\)/,
    });
  }
});

test('fields without a value are absent', () => {
  const error = new TwentyCrmApiError(createTwentyCrmError(TwentyCrmErrorCode.UNKNOWN, 'x'));
  assert.deepEqual(Object.keys(error).sort(), ['code', 'isRetryable', 'message']);
  assert.equal(Object.hasOwn(error, 'cause'), false);
});

test('cause is kept but not part of the JSON, and the stack names the caller', () => {
  const cause = new Error('socket hang up');
  const error = (function theCaller() {
    return new TwentyCrmApiError(plain, { cause });
  })();
  assert.equal(error.cause, cause);
  assert.equal('cause' in error.toJSON(), false);
  assert.match(error.stack, /^TwentyCrmApiError: The workspace asks/);
  assert.match(error.stack, /at theCaller \(.*errors\.test\.mjs/);
  assert.match(inspect(error), /code: 'RATE_LIMIT'/);
});
