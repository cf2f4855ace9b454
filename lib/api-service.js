'use strict';

const native = require('./native.js');
const { readCa } = require('./ca.js');
const { call } = require('./dispatcher.js');
const { isApiError } = require('./errors.js');
const { optionsToJson, readOptions, readSignal, requireKnown } = require('./options.js');
const { configToJson } = require('./rest-client.js');

/** @typedef {import('../index.js').ConnectionTestOptions} ConnectionTestOptions */

/** Names of `ConnectionTestOptions`. */
const TEST_OPTIONS = new Set(['timeout', 'ca', 'signal']);

/** Names of `DiagnoseOptions`. */
const DIAGNOSE_OPTIONS = new Set(['fieldNames', 'signal']);

/** See `index.d.ts`. */
class TwentyCrmApiService {
  /**
   * @param {string} baseUrl
   * @param {string} apiKey
   * @param {ConnectionTestOptions} [options]
   */
  async testConnection(baseUrl, apiKey, options) {
    const json = testOptionsToJson('testConnection', options);
    const answer = await call(
      (dispatcher, id) => native.testConnection(dispatcher, id, text(baseUrl), text(apiKey), json),
      readSignal(options),
    );
    if (answer.ok) return JSON.parse(answer.text);
    const { code, message } = answer.error;
    return { ok: false, latencyMs: 0, message, details: { error: code } };
  }

  /**
   * @param {string} baseUrl
   * @param {ConnectionTestOptions} [options]
   */
  async isReachable(baseUrl, options) {
    const json = testOptionsToJson('isReachable', options);
    const answer = await call(
      (dispatcher, id) => native.isReachable(dispatcher, id, text(baseUrl), json),
      readSignal(options),
    );
    return answer.ok && answer.text === 'true';
  }

  /**
   * @param {import('../index.js').TwentyCrmRestClientConfig} config
   * @param {import('../index.js').DiagnoseOptions} [options]
   * @returns {Promise<import('../index.js').Diagnosis>}
   */
  async diagnose(config, options) {
    const signal = readSignal(options);
    /** @type {string} */
    let configJson;
    /** @type {string | undefined} */
    let optionsJson;
    try {
      requireKnown('diagnose', options, DIAGNOSE_OPTIONS);
      configJson = configToJson(config);
      optionsJson = optionsToJson(readOptions('options', options ?? undefined, ['fieldNames']));
    } catch (error) {
      return unreadable(error);
    }
    const answer = await call(
      (dispatcher, id) => native.diagnose(dispatcher, id, configJson, optionsJson),
      signal,
    );
    return answer.ok ? JSON.parse(answer.text) : unreadable(answer.error);
  }
}

/**
 * @param {string} method what was called
 * @param {unknown} options
 */
function testOptionsToJson(method, options) {
  requireKnown(method, options, TEST_OPTIONS);
  const values = readOptions('options', options ?? undefined, ['timeout', 'ca']);
  if (values.ca !== undefined && values.ca !== null) values.ca = readCa(values.ca);
  return optionsToJson(values);
}

/**
 * @param {unknown} error
 * @returns {import('../index.js').Diagnosis}
 */
function unreadable(error) {
  const { message, code, details } = /** @type {import('../index.js').TwentyCrmError} */ (error);
  const field = isApiError(error) ? details?.field : undefined;
  const facts = { code, ...(field !== undefined && { field }) };
  return {
    ok: false,
    summary: `It does not work: ${message}.`,
    findings: [{ check: 'config', status: 'error', message, details: facts }],
  };
}

/** What is no text is as good as nothing, and the core says so. @param {unknown} value */
const text = (value) => (typeof value === 'string' ? value.trim() : '');

module.exports = { TwentyCrmApiService };
