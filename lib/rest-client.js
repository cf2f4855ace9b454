'use strict';

const native = require('./native.js');
const { begin, callNow, dispatcher, registerTarget, thrownError } = require('./dispatcher.js');
const { TwentyCrmErrorCode, createTwentyCrmError, isApiError } = require('./errors.js');
const { FAILURE } = require('./observability/channels.js');
const { HOOK_OPTIONS, logs, readHooks, wantedBy } = require('./observability/hooks.js');
const {
  namesOf,
  optionsToJson,
  readOptions,
  readSignal,
  requireKnown,
  withoutBlanks,
} = require('./options.js');
const { describe, invalid, messageOf, toJson } = require('./serialise.js');

/** @typedef {import('../index.js').TwentyCrmRequestOptions} RequestOptions */

/** Methods by the number that `src/napi/rest_client.rs` knows them by. */
const GET = 0;
const POST = 1;
const PUT = 2;
const PATCH = 3;
const DELETE = 4;

/** @type {WeakMap<object, import('../native.js').RestClient>} Out of reach of `util.inspect` and of callers. */
const natives = new WeakMap();

/** @type {WeakMap<object, import('./observability/hooks.js').Hooks>} */
const hooksByClient = new WeakMap();

/** See `index.d.ts`. */
class TwentyCrmRestClient {
  /** @param {import('../index.js').TwentyCrmRestClientConfig} config */
  constructor(config) {
    const inner = callNow(() => {
      const configJson = configToJson(config);
      const hooks = readHooks('config', config);
      if (hooks !== undefined) hooksByClient.set(this, hooks);
      const wanted = wantedBy(hooks) | (logs(hooks, 'error') ? FAILURE : 0);
      const target = hooks === undefined ? 0 : registerTarget(hooks);
      return new native.RestClient(configJson, dispatcher, target, wanted);
    });
    natives.set(this, inner);
  }

  /**
   * @param {string} path
   * @param {any} [optionsOrBody]
   * @param {RequestOptions} [options]
   */
  get(path, optionsOrBody, options) {
    return send(this, GET, path, undefined, options ?? optionsOrBody);
  }

  /**
   * @param {string} path
   * @param {unknown} [body]
   * @param {RequestOptions} [options]
   */
  post(path, body, options) {
    return send(this, POST, path, body, options);
  }

  /**
   * @param {string} path
   * @param {unknown} [body]
   * @param {RequestOptions} [options]
   */
  put(path, body, options) {
    return send(this, PUT, path, body, options);
  }

  /**
   * @param {string} path
   * @param {unknown} [body]
   * @param {RequestOptions} [options]
   */
  patch(path, body, options) {
    return send(this, PATCH, path, body, options);
  }

  /**
   * @param {string} path
   * @param {any} [optionsOrBody]
   * @param {RequestOptions} [options]
   */
  delete(path, optionsOrBody, options) {
    return options === undefined
      ? send(this, DELETE, path, undefined, optionsOrBody)
      : send(this, DELETE, path, optionsOrBody, options);
  }

  stats() {
    return require('./observability/stats.js').toStats(nativeOf(this).stats());
  }

  async close() {
    nativeOf(this).close();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

/** @param {unknown} client */
function findNative(client) {
  return natives.get(/** @type {object} */ (client));
}

/**
 * Services made from a client inherit them.
 * @param {unknown} client
 */
function hooksOf(client) {
  return hooksByClient.get(/** @type {object} */ (client));
}

/** @param {unknown} client */
function nativeOf(client) {
  const found = findNative(client);
  if (found === undefined) throw new TypeError('not a TwentyCrmRestClient');
  return found;
}

const CONFIG = /** @type {const} */ ([
  'baseUrl',
  'apiKey',
  'timeout',
  'maxRetries',
  'initialBackoffMs',
  'maxBackoffMs',
  'deadlineMs',
  'maxThrottleWaitMs',
  'maxRequestsPerMinute',
  'maxResponseBytes',
  'ca',
]);

/** Members of the template's `TwentyCrmConfig`, which is handed over as it is. */
const BESIDE_CONFIG = /** @type {const} */ ([
  ...['id', 'enabled', 'syncMode'],
  ...['createdBy', 'updatedBy', 'createdAt', 'updatedAt'],
]);

/** @type {ReadonlySet<string>} */
const EXPECTED = new Set([...CONFIG, ...HOOK_OPTIONS, ...BESIDE_CONFIG]);

/** What cannot be done without, and where to get it. */
const NEEDED = /** @type {const} */ ([
  ['baseUrl', 'give the address of your Twenty, for example https://crm.example.com'],
  ['apiKey', 'create one in Twenty under Settings, APIs & Webhooks'],
]);

const OPTIONS = /** @type {const} */ ([
  'timeout',
  'headers',
  'skipRetry',
  'idempotencyKey',
  'deadlineMs',
]);

const KNOWN_OPTIONS = new Set([...OPTIONS, 'signal']);

/** @param {unknown} config */
function configToJson(config) {
  if (typeof config !== 'object' || config === null) {
    throw invalid('config', 'the configuration must be an object with baseUrl and apiKey');
  }
  refuseSlips(config);
  const values = readOptions('config', config, CONFIG);
  for (const [name, what] of NEEDED) {
    if (values[name] != null) continue;
    throw invalid(
      name,
      `${name} is missing: ${what} (where it comes from the environment, its variable is not set)`,
    );
  }
  // They may be stored with them: HTTP drops the blanks around a header's value, so nobody noticed.
  values.baseUrl = withoutBlanks(values.baseUrl);
  values.apiKey = withoutBlanks(values.apiKey);
  if (values.ca !== undefined && values.ca !== null) {
    values.ca = require('./ca.js').readCa(values.ca);
  }
  return optionsToJson(values) ?? '{}';
}

/**
 * A misspelt option would be ignored. Whatever else there is belongs to whoever keeps it.
 * @param {object} config
 */
function refuseSlips(config) {
  for (const name of namesOf('config', config)) {
    if (EXPECTED.has(name)) continue;
    const { isSlip, unknownOption } = require('./unknown-option.js');
    // Without those that cannot be done without: that they are missing is said anyway.
    const optional = [...CONFIG.slice(NEEDED.length), ...HOOK_OPTIONS];
    if (isSlip(name, optional)) throw unknownOption('the configuration', name, optional);
  }
}

/**
 * @param {TwentyCrmRestClient} client
 * @param {number} method
 * @param {unknown} path
 * @param {unknown} body
 * @param {RequestOptions | null | undefined} options
 * @returns {Promise<import('../index.js').TwentyCrmResponse<any>>}
 */
function send(client, method, path, body, options) {
  // What is thrown in here, for a `this` that is no client, rejects the promise.
  return new Promise((resolve, reject) => {
    const inner = nativeOf(client);
    let bodyJson;
    /** @type {string | undefined} */
    let optionsJson;
    let signal;
    try {
      if (typeof path !== 'string')
        throw invalid('path', 'path must be a string such as "/rest/people"');
      bodyJson = toJson('body', body);
      if (options !== undefined && options !== null) {
        requireKnown('a request', options, KNOWN_OPTIONS);
        signal = readSignal(options);
        optionsJson = callOptionsToJson(options);
      }
    } catch (error) {
      resolve({ success: false, error: plain(error) });
      return;
    }
    begin(
      (dispatcher, id) => inner.request(dispatcher, id, method, path, bodyJson, optionsJson),
      signal,
      (answer) => resolve(toResponse(answer)),
      reject,
      undefined,
      hooksOf(client),
    );
  });
}

/**
 * @param {import('./dispatcher.js').Answer} answer
 * @returns {import('../index.js').TwentyCrmResponse<any>}
 */
function toResponse(answer) {
  if (!answer.ok) return { success: false, error: answer.error };
  if (answer.text === '') return { success: true, data: null };
  try {
    return { success: true, data: JSON.parse(answer.text) };
  } catch (cause) {
    return { success: false, error: notJson(cause) };
  }
}

/** @param {RequestOptions} options */
function callOptionsToJson(options) {
  const values = readOptions('options', options, OPTIONS);
  if (isIterable(values.headers)) {
    // A Map or a Headers object would be written as an empty object, and its headers lost.
    throw invalid('headers', 'headers must be a plain object of names and texts');
  }
  return optionsToJson(values);
}

/** @param {any} value */
function isIterable(value) {
  try {
    return typeof value === 'object' && value !== null && Symbol.iterator in value;
  } catch (cause) {
    throw invalid('headers', `headers cannot be read: ${describe(cause)}`, cause);
  }
}

/** @param {unknown} error */
function plain(error) {
  return isApiError(error) ? error.toJSON() : thrownError(error);
}

/** @param {unknown} cause */
function notJson(cause) {
  return createTwentyCrmError(
    TwentyCrmErrorCode.UNKNOWN,
    'the answer is not JSON, so this is not a Twenty API: check the base URL',
    {
      status: 200,
      isRetryable: false,
      details: {
        reason: 'NOT_TWENTY',
        originalError: messageOf(cause),
      },
    },
  );
}

module.exports = { TwentyCrmRestClient, configToJson, findNative, hooksOf };
