'use strict';

const native = require('./native.js');
const { call } = require('./dispatcher.js');

/** See `index.d.ts`. */
class TwentyCrmApiService {
  /**
   * @param {string} baseUrl
   * @param {string} apiKey
   * @param {{ signal?: import('../index.js').AbortSignalLike }} [options]
   */
  async testConnection(baseUrl, apiKey, options) {
    const answer = await call(
      (dispatcher, id, cancellable) =>
        native.testConnection(
          dispatcher,
          id,
          cancellable,
          String(baseUrl ?? ''),
          String(apiKey ?? ''),
        ),
      options?.signal,
    );
    if (answer.ok) return JSON.parse(answer.text);
    return {
      ok: false,
      latencyMs: 0,
      message: answer.error.message,
      details: { error: answer.error.code },
    };
  }

  /**
   * @param {string} baseUrl
   * @param {{ signal?: import('../index.js').AbortSignalLike }} [options]
   */
  async isReachable(baseUrl, options) {
    const answer = await call(
      (dispatcher, id, cancellable) =>
        native.isReachable(dispatcher, id, cancellable, String(baseUrl ?? '')),
      options?.signal,
    );
    return answer.ok && answer.text === 'true';
  }
}

module.exports = { TwentyCrmApiService };
