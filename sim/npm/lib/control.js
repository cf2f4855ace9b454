// Control of a running simulator, over its routes under `/__sim`.
'use strict';
const http = require('node:http');

/**
 * @param {string} baseUrl
 * @returns {{ control: import('../index.js').TwentySimControl, close: () => void }}
 */
function controlOf(baseUrl) {
  // One connection: calls that were not awaited happen in the order in which they were made.
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  /** @param {string} method @param {string} route @param {unknown} [body] */
  const call = (method, route, body) =>
    exchange(agent, method, new URL(`/__sim/${route}`, baseUrl), body);
  return {
    control: {
      records: (plural) => call('GET', `records/${plural}`),
      seed: async (rows) => (await call('POST', 'seed', rows)).seeded,
      log: async () => (await call('GET', 'log')).requests,
      stats: () => call('GET', 'stats'),
      addFaults: (rules) => done(call('POST', 'faults', rules)),
      clearFaults: () => done(call('DELETE', 'faults')),
      firedFaults: async () => (await call('GET', 'faults')).fired,
      advanceClock: async (ms) => (await call('POST', 'clock', { advanceMs: ms })).nowMs,
      addWebhook: (webhook) => call('POST', 'webhooks', webhook),
      setOptions: (changes) => done(call('POST', 'options', changes)),
      nextIds: (ids) => done(call('POST', 'ids', { next: ids })),
      reset: (to = {}) => done(call('POST', 'reset', to)),
    },
    close: () => agent.destroy(),
  };
}

/** @param {Promise<unknown>} call @returns {Promise<void>} */
const done = async (call) => void (await call);

/**
 * @param {http.Agent} agent
 * @param {string} method
 * @param {URL} url
 * @param {unknown} body
 * @returns {Promise<any>} Rejects for a status other than 2xx.
 */
function exchange(agent, method, url, body) {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const headers = payload === undefined ? {} : { 'content-type': 'application/json' };
    const request = http.request(url, { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve(JSON.parse(text));
        else reject(new Error(`${method} ${url.pathname} answered ${status}: ${text}`));
      });
    });
    request.on('error', reject);
    request.end(payload);
  });
}

module.exports = { controlOf };
