// A loopback target for webhooks that records what it receives.
import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import http from 'node:http';

/**
 * @typedef {object} Delivery
 * @property {string} path
 * @property {Record<string, string>} headers
 * @property {string} text
 * @property {any} body
 */

export class WebhookListener extends EventEmitter {
  /** @type {Delivery[]} */
  deliveries = [];

  /** @param {(path: string) => number} [statusFor] The status that a path answers with. */
  static async start(statusFor = () => 200) {
    const listener = new WebhookListener();
    listener.server = http.createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const path = request.url ?? '/';
        response.statusCode = statusFor(path);
        response.end();
        listener.deliveries.push({ path, headers: request.headers, text, body: JSON.parse(text) });
        listener.emit('delivery');
      });
    });
    listener.server.listen(0, '127.0.0.1');
    await once(listener.server, 'listening');
    return listener;
  }

  /** `host:port`. */
  get address() {
    return `127.0.0.1:${this.server.address().port}`;
  }

  /** Resolves after at least this many deliveries. */
  async until(count) {
    while (this.deliveries.length < count) await once(this, 'delivery');
  }

  async stop() {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Whether the delivery was signed with this secret: hex HMAC-SHA256 of `timestamp:body`. */
export function isSignedWith(secret, { headers, text }) {
  const expected = createHmac('sha256', secret)
    .update(`${headers['x-twenty-webhook-timestamp']}:${text}`)
    .digest('hex');
  return headers['x-twenty-webhook-signature'] === expected;
}
