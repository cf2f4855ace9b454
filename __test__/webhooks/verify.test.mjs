// Verifying deliveries: those that Twenty signed pass in any form, and nothing else does.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, test } from 'node:test';
import { isTwentyCrmError, TWENTY_CRM_DEFAULTS, verifyTwentyWebhook } from '../../index.mjs';
import {
  deliver,
  NOW,
  personEvent,
  random,
  recorded,
  recordedSkip,
  SECRET,
} from './deliveries.mjs';

const text = JSON.stringify(personEvent());
const good = deliver(text);

/** @param {object} [changes] @returns {any} */
const verify = (changes) => verifyTwentyWebhook({ secret: SECRET, now: NOW, ...good, ...changes });

/** The refusal of a call. @param {object} changes */
function refusal(changes) {
  try {
    verify(changes);
  } catch (error) {
    assert.ok(isTwentyCrmError(error), String(error));
    assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes(SECRET), 'the secret is not told');
    return error;
  }
  throw new assert.AssertionError({ message: `verified: ${JSON.stringify(changes)}` });
}

/** @param {object} changes */
const withHeaders = (changes) => ({ headers: { ...good.headers, ...changes } });
const { 'X-Twenty-Webhook-Signature': signature } = good.headers;

describe('a delivery that Twenty signed', () => {
  test('gives its event, with an id of the delivery', () => {
    assert.deepEqual(verify(), { ...personEvent(), deliveryId: signature });
  });

  test('matches a vector of another implementation', () => {
    // printf '1700000000000:{"eventName":"a.b","objectMetadata":{"nameSingular":"a"},"record":{"id":"1"}}' |
    //   openssl dgst -sha256 -hmac s3cret
    const rawBody = '{"eventName":"a.b","objectMetadata":{"nameSingular":"a"},"record":{"id":"1"}}';
    const headers = {
      'x-twenty-webhook-timestamp': '1700000000000',
      'x-twenty-webhook-signature':
        '488cd49db713e4c67de7e5d0c93b549d8e67c7d71427efc71353b42d6f7d586f',
    };
    const event = verifyTwentyWebhook({
      secret: 's3cret',
      now: 1_700_000_000_000,
      headers,
      rawBody,
    });
    assert.equal(event.eventName, 'a.b');
  });

  test('passes with headers in every form', () => {
    const plain = good.headers;
    const lower = Object.fromEntries(Object.entries(plain).map(([k, v]) => [k.toLowerCase(), v]));
    const shapes = {
      plain,
      lower,
      upper: Object.fromEntries(Object.entries(plain).map(([k, v]) => [k.toUpperCase(), v])),
      lists: Object.fromEntries(Object.entries(plain).map(([k, v]) => [k, [v]])),
      'the same twice': Object.fromEntries(Object.entries(plain).map(([k, v]) => [k, [v, v]])),
      Headers: new Headers(plain),
      Map: new Map(Object.entries(plain)),
      pairs: Object.entries(plain),
      rawHeaders: Object.entries(plain).flat(),
      get: { get: (/** @type {string} */ name) => lower[name] ?? null },
      'no prototype': Object.assign(Object.create(null), plain),
      'white space': { ...plain, 'X-Twenty-Webhook-Signature': ` ${signature} ` },
      'upper-case digits': { ...plain, 'X-Twenty-Webhook-Signature': signature.toUpperCase() },
    };
    for (const [name, headers] of Object.entries(shapes)) {
      assert.equal(verify({ headers }).deliveryId, signature, name);
    }
  });

  test('passes with a body as string, bytes, a part of a buffer, an ArrayBuffer', () => {
    const bytes = Buffer.from(text);
    const padded = Buffer.concat([Buffer.from('xx'), bytes, Buffer.from('yy')]);
    const shapes = [
      text,
      bytes,
      new Uint8Array(bytes),
      padded.subarray(2, -2),
      new DataView(padded.buffer, padded.byteOffset + 2, bytes.length),
      new Uint8Array(bytes).buffer,
    ];
    for (const rawBody of shapes) assert.equal(verify({ rawBody }).eventName, 'person.updated');
  });

  test('passes with any of several secrets, and with a clock function', () => {
    assert.ok(verify({ secret: ['new', SECRET] }) && verify({ secret: [SECRET, 'old'] }));
    assert.ok(verify({ now: () => NOW + 1 }));
    assert.equal(refusal({ secret: ['new', 'old'] }).details.reason, 'BAD_SIGNATURE');
    assert.match(refusal({ secret: ['new', 'old'] }).message, /matches none of the secrets:/);
    assert.match(refusal({ secret: 'new' }).message, /does not match the secret:/);
  });

  test('is refused outside the tolerance of five minutes, before and after', () => {
    const { toleranceMs } = TWENTY_CRM_DEFAULTS;
    assert.equal(toleranceMs, 300_000);
    assert.ok(verify({ now: NOW + toleranceMs }) && verify({ now: NOW - toleranceMs }));
    const late = refusal({ now: NOW + toleranceMs + 1 });
    assert.deepEqual([late.code, late.status, late.details.reason], ['AUTH_ERROR', 401, 'EXPIRED']);
    assert.match(late.message, /300001 ms ago/);
    assert.equal(refusal({ now: NOW - toleranceMs - 1 }).details.reason, 'IN_FUTURE');
    assert.ok(verify({ now: NOW + 900_000, toleranceMs: 900_000 }));
    assert.equal(refusal({ now: NOW + 1, toleranceMs: 0 }).details.reason, 'EXPIRED');
    // Without `now` it is the machine's clock.
    assert.ok(['EXPIRED', 'IN_FUTURE'].includes(refusal({ now: undefined }).details.reason));
  });
});

describe('a delivery that Twenty did not sign', () => {
  test('is refused if any signed part was changed', () => {
    const later = String(NOW + 1);
    for (const changes of [
      { rawBody: text.replace('cli_1', 'cli_2') },
      { rawBody: `${text} ` },
      { secret: `${SECRET} ` },
      withHeaders({ 'X-Twenty-Webhook-Timestamp': later }),
      withHeaders({ 'X-Twenty-Webhook-Timestamp': `0${NOW}` }),
      withHeaders({ 'X-Twenty-Webhook-Signature': '0'.repeat(64) }),
    ]) {
      const { code, status, isRetryable, details } = refusal(changes);
      assert.deepEqual(
        { code, status, isRetryable, details },
        {
          code: 'AUTH_ERROR',
          status: 401,
          isRetryable: false,
          details: { reason: 'BAD_SIGNATURE' },
        },
      );
    }
  });

  test('is refused with a signature over the body alone, or without the colon', () => {
    for (const signed of [text, `${NOW}${text}`, `${NOW}.${text}`]) {
      const digest = createHmac('sha256', SECRET).update(signed).digest('hex');
      const { details } = refusal(withHeaders({ 'X-Twenty-Webhook-Signature': digest }));
      assert.equal(details.reason, 'BAD_SIGNATURE');
    }
  });

  test('a missing, malformed or contradictory header is named', () => {
    for (const header of ['X-Twenty-Webhook-Timestamp', 'X-Twenty-Webhook-Signature']) {
      for (const value of [undefined, '', [], null]) {
        const { details, message } = refusal(withHeaders({ [header]: value }));
        assert.equal(details.reason, 'MISSING_HEADER');
        assert.ok(message.includes(header), message);
      }
      for (const value of ['x', 5, {}, ['1', '2'], '1, 1', '-1', '1e3', 'a'.repeat(100_000)]) {
        const { details, message } = refusal(withHeaders({ [header]: value }));
        assert.equal(details.reason, 'MALFORMED_HEADER', String(value).slice(0, 20));
        assert.ok(message.includes(header) && message.length < 300, message.slice(0, 300));
      }
    }
    const both = { ...good.headers, 'x-twenty-webhook-signature': '0'.repeat(64) };
    assert.equal(refusal({ headers: both }).details.reason, 'MALFORMED_HEADER');
  });
});

describe('arguments', () => {
  test('a missing secret is named, and never shown', () => {
    for (const secret of [
      undefined,
      null,
      '',
      [],
      [SECRET, ''],
      [SECRET, undefined],
      {},
      5,
      Buffer.from(SECRET),
    ]) {
      const error = refusal({ secret });
      assert.equal(error.code, 'VALIDATION_ERROR');
      assert.equal(error.details.field, 'secret');
      assert.equal(error.status, undefined);
    }
    assert.equal(refusal({ secret: new Array(11).fill(SECRET) }).details.field, 'secret');
  });

  test('a parsed body is refused with what to do', () => {
    for (const rawBody of [personEvent(), undefined, null, 5, [1, 2], new Date()]) {
      const { details, message } = refusal({ rawBody });
      assert.equal(details.field, 'rawBody');
      assert.match(message, /before any body parser/);
    }
  });

  test('a body that is too large is not hashed', () => {
    assert.equal(TWENTY_CRM_DEFAULTS.maxBodyBytes, 10 * 1024 * 1024);
    for (const rawBody of ['é'.repeat(6), Buffer.alloc(11), new ArrayBuffer(11)]) {
      const { code, status, details } = refusal({ rawBody, maxBodyBytes: 10 });
      assert.deepEqual([code, status, details.reason], ['VALIDATION_ERROR', 413, 'TOO_LARGE']);
    }
    assert.equal(refusal({ rawBody: 'x'.repeat(10), maxBodyBytes: 10 }).status, 401);
  });

  test('invalid options, headers and clocks are named', () => {
    for (const [field, changes] of /** @type {[string, object][]} */ ([
      ['toleranceMs', { toleranceMs: -1 }],
      ['toleranceMs', { toleranceMs: Number.POSITIVE_INFINITY }],
      ['toleranceMs', { toleranceMs: '5' }],
      ['maxBodyBytes', { maxBodyBytes: 1.5 }],
      ['now', { now: 'today' }],
      ['now', { now: () => Number.NaN }],
      ['headers', { headers: undefined }],
      ['headers', { headers: 'x' }],
      [
        'headers',
        {
          headers: {
            get 'x-twenty-webhook-signature'() {
              throw new Error('no');
            },
          },
        },
      ],
      [
        'headers',
        {
          headers: (function* () {
            for (;;) yield ['a', 'b'];
          })(),
        },
      ],
    ])) {
      assert.equal(refusal(changes).details.field, field);
    }
    assert.throws(() => verifyTwentyWebhook(/** @type {any} */ (undefined)), {
      code: 'VALIDATION_ERROR',
    });
    assert.throws(() => verifyTwentyWebhook(/** @type {any} */ ('x')), {
      code: 'VALIDATION_ERROR',
    });
  });

  test('a signed body without a valid event is refused with the problem', () => {
    const event = personEvent();
    for (const [reason, pattern, body] of /** @type {[string, RegExp, string][]} */ ([
      ['NOT_JSON', /not JSON/, ''],
      ['NOT_JSON', /not JSON/, '{"a":'],
      ['NOT_AN_EVENT', /must be an object/, 'null'],
      ['NOT_AN_EVENT', /must be an object/, '[]'],
      ['NOT_AN_EVENT', /eventName/, '{}'],
      ['NOT_AN_EVENT', /eventName/, JSON.stringify({ ...event, eventName: 'person' })],
      ['NOT_AN_EVENT', /nameSingular/, JSON.stringify({ ...event, objectMetadata: null })],
      ['NOT_AN_EVENT', /record must/, JSON.stringify({ ...event, record: [] })],
      ['NOT_AN_EVENT', /record\.id/, JSON.stringify({ ...event, record: { id: 5 } })],
      ['NOT_AN_EVENT', /updatedFields/, JSON.stringify({ ...event, updatedFields: 'name' })],
    ])) {
      const error = refusal(deliver(body));
      assert.deepEqual([error.code, error.status], ['VALIDATION_ERROR', 400]);
      assert.equal(error.details.reason, reason, body.slice(0, 40));
      assert.match(error.message, pattern);
    }
    const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    assert.equal(refusal(deliver(deep)).details.reason, 'NOT_AN_EVENT');
    const polluting = text.replace('{', '{"__proto__":{"polluted":1},');
    assert.equal(verify(deliver(polluting)).eventName, 'person.updated');
    assert.equal(/** @type {any} */ ({}).polluted, undefined);
  });
});

test('no mutation of a delivery passes, and each throws a refusal', () => {
  const next = random(20_261_123);
  const pick = (/** @type {any[]} */ items) => items[Math.floor(next() * items.length)];
  const oddities = [
    '',
    ' ',
    '\0',
    'é',
    '💥',
    '0',
    'null',
    '\uD800',
    'x'.repeat(70),
    undefined,
    5,
    [],
    ['a', 'b'],
  ];
  for (let round = 0; round < 2_000; round += 1) {
    const bytes = Buffer.from(text);
    const headers = /** @type {Record<string, any>} */ ({ ...good.headers });
    const name = pick(['X-Twenty-Webhook-Timestamp', 'X-Twenty-Webhook-Signature']);
    const what = Math.floor(next() * 3);
    if (what === 0) bytes[Math.floor(next() * bytes.length)] ^= 1 << Math.floor(next() * 8);
    else if (what === 1) headers[name] = pick(oddities);
    else {
      const at = Math.floor(next() * headers[name].length);
      // Another hex digit: timestamps and signatures consist of digits.
      const digit = (
        (Number.parseInt(headers[name][at], 16) + 1 + Math.floor(next() * 8)) %
        10
      ).toString();
      headers[name] = headers[name].slice(0, at) + digit + headers[name].slice(at + 1);
      if (headers[name] === good.headers[/** @type {keyof typeof good.headers} */ (name)]) continue;
    }
    const error = refusal({ rawBody: pick([bytes, new Uint8Array(bytes)]), headers });
    assert.ok(
      ['BAD_SIGNATURE', 'MISSING_HEADER', 'MALFORMED_HEADER'].includes(error.details.reason),
    );
  }
});

describe('recorded deliveries', { skip: recordedSkip }, () => {
  test('each passes with its own secret at its own time, and with no other', () => {
    const { deliveries, secrets } = recorded();
    assert.equal(deliveries.length, 16);
    for (const { headers, body_raw: rawBody, t } of deliveries) {
      const own = secrets.get(JSON.parse(rawBody).webhookId) ?? 'no secret is recorded';
      const now = t * 1000;
      const event = verifyTwentyWebhook({ secret: own, headers, rawBody, now });
      assert.deepEqual({ ...event, deliveryId: '' }, { ...JSON.parse(rawBody), deliveryId: '' });
      assert.ok(verifyTwentyWebhook({ secret: [...secrets.values()], headers, rawBody, now }));
      for (const other of [...secrets.values()].filter((secret) => secret !== own)) {
        const attempt = () => verifyTwentyWebhook({ secret: other, headers, rawBody, now });
        assert.throws(attempt, { details: { reason: 'BAD_SIGNATURE' } });
      }
    }
    const ids = deliveries.map(({ headers }) => new Map(headers).get('X-Twenty-Webhook-Signature'));
    assert.equal(new Set(ids).size, deliveries.length, 'an id tells deliveries apart');
  });

  test('their events have the names and fields of the types', () => {
    const known = /^(person|company)\.(created|updated|deleted|restored|destroyed)$/;
    const { deliveries } = recorded();
    const events = deliveries.map(({ body_raw }) => JSON.parse(body_raw));
    const names = new Set(events.map(({ eventName }) => eventName));
    assert.deepEqual(
      [...names].filter((name) => !known.test(name)),
      ['workflowRun.created'],
    );
    for (const event of events) {
      const isChange = /\.(updated|deleted|restored)$/.test(event.eventName);
      assert.equal(Array.isArray(event.updatedFields), isChange, event.eventName);
      assert.equal(event.record.deletedAt !== null, event.eventName === 'person.deleted');
    }
  });
});
