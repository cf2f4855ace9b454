// A delivery as Twenty signs it: hex HMAC-SHA256 over the timestamp, a colon and the raw body.
'use strict';
const { createHmac, randomBytes } = require('node:crypto');
const { requireKnown } = require('./options.js');

/** @type {typeof import('../index.js').signTwentyWebhook} */
function signTwentyWebhook(delivery) {
  requireKnown('signTwentyWebhook', delivery, ['body', 'secret', 'timestamp', 'nonce']);
  const { secret, timestamp = Date.now(), nonce = randomBytes(16).toString('hex') } = delivery;
  if (typeof secret !== 'string' || secret === '') {
    throw new TypeError('signTwentyWebhook: secret must be a text that is not empty');
  }
  if (!Number.isSafeInteger(timestamp) || timestamp < 0) {
    throw new TypeError('signTwentyWebhook: timestamp must be milliseconds since 1970');
  }
  const body = textOf(delivery.body);
  const signature = createHmac('sha256', secret).update(`${timestamp}:${body}`).digest('hex');
  return {
    body,
    headers: {
      'Content-Type': 'application/json',
      'X-Twenty-Webhook-Timestamp': String(timestamp),
      'X-Twenty-Webhook-Signature': signature,
      'X-Twenty-Webhook-Nonce': nonce,
    },
  };
}

/** @param {unknown} body */
function textOf(body) {
  if (typeof body === 'string') return body;
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) {
    throw new TypeError('signTwentyWebhook: body must be an event or its JSON text');
  }
  return JSON.stringify(body);
}

module.exports = { signTwentyWebhook };
