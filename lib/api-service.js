'use strict';

const native = require('./native.js');
const { call } = require('./dispatcher.js');
const { readSignal } = require('./options.js');

/** See `index.d.ts`. */
class TwentyCrmApiService {
  /**
   * @param {string} baseUrl
   * @param {string} apiKey
   * @param {{ signal?: import('../index.js').AbortSignalLike }} [options]
   */
  async testConnection(baseUrl, apiKey, options) {
    const answer = await call(
      (dispatcher, id) => native.testConnection(dispatcher, id, text(baseUrl), text(apiKey)),
      readSignal(options),
    );
    if (answer.ok) return JSON.parse(answer.text);
    const { code, message } = answer.error;
    return { ok: false, latencyMs: 0, message, details: { error: code } };
  }

  /**
   * @param {string} baseUrl
   * @param {{ signal?: import('../index.js').AbortSignalLike }} [options]
   */
  async isReachable(baseUrl, options) {
    const answer = await call(
      (dispatcher, id) => native.isReachable(dispatcher, id, text(baseUrl)),
      readSignal(options),
    );
    return answer.ok && answer.text === 'true';
  }
}

/** What is no text is as good as nothing, and the core says so. @param {unknown} value */
const text = (value) => (typeof value === 'string' ? value : '');

module.exports = { TwentyCrmApiService };
