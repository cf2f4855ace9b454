import type {
  AbortSignalLike,
  TwentyCrmClientStats,
  TwentyCrmRequestOptions,
  TwentyCrmResponse,
  TwentyCrmRestClientConfig,
} from '../index.js';
import type { RestClient } from '../native.js';
import type { Answer } from './dispatcher.js';
import { begin, callNow, dispatcher, registerTarget, thrownError } from './dispatcher.js';
import { createTwentyCrmError, isApiError, TwentyCrmErrorCode } from './errors.js';
import { native } from './native.js';
import { FAILURE } from './observability/channels.js';
import type { Hooks } from './observability/hooks.js';
import { logs, readHooks, wantedBy } from './observability/hooks.js';
import { optionSchema } from './option-schema.js';
import {
  namesOf,
  optionsToJson,
  readOptions,
  readSignal,
  requireKnown,
  withoutBlanks,
} from './options.js';
import { describe, invalid, messageOf, toJson } from './serialise.js';

/** Methods by their number in `src/napi/rest_client.rs`. */
const GET = 0;
const POST = 1;
const PUT = 2;
const PATCH = 3;
const DELETE = 4;

/** Hidden from `util.inspect` and from callers. */
const natives: WeakMap<object, RestClient> = new WeakMap();

const hooksByClient: WeakMap<object, Hooks> = new WeakMap();

/**
 * Sends requests to a Twenty server with retries, pacing and timeouts. Every call resolves with `{ success: true, data
 * }` or `{ success: false, error }`. It rejects only if the signal aborts, with the signal's reason. `data` is the
 * server's JSON, unchanged.
 *
 * A `path` may begin with `/` or not, and always stays on the server: absolute URLs, `//host`, `..` and control
 * characters resolve with `VALIDATION_ERROR` before any request.
 */
class TwentyCrmRestClient {
  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an option is not valid; `details.field` names it. */
  constructor(config: TwentyCrmRestClientConfig) {
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

  /** Reads. */
  get<T = unknown>(path: string, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** Called like `post`, `put` and `patch`, but without a body. */
  get<T = unknown>(
    path: string,
    body: null | undefined,
    options: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>>;
  get<T = unknown>(
    path: string,
    optionsOrBody?: TwentyCrmRequestOptions | null,
    options?: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>> {
    return send(this, GET, path, undefined, options ?? optionsOrBody);
  }

  /** Creates. `body` is sent as JSON; nothing is sent if it is undefined. */
  post<T = unknown>(
    path: string,
    body?: unknown,
    options?: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>> {
    return send(this, POST, path, body, options);
  }

  /** Replaces. `body` is sent as JSON; nothing is sent if it is undefined. */
  put<T = unknown>(
    path: string,
    body?: unknown,
    options?: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>> {
    return send(this, PUT, path, body, options);
  }

  /** Changes. `body` is sent as JSON; nothing is sent if it is undefined. */
  patch<T = unknown>(
    path: string,
    body?: unknown,
    options?: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>> {
    return send(this, PATCH, path, body, options);
  }

  /** Deletes. */
  delete<T = unknown>(
    path: string,
    options?: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>>;
  /** Called like `post`, `put` and `patch`: with a body. */
  delete<T = unknown>(
    path: string,
    body: unknown,
    options: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>>;
  delete<T = unknown>(
    path: string,
    optionsOrBody?: unknown,
    options?: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>> {
    return options === undefined
      ? send(this, DELETE, path, undefined, optionsOrBody as TwentyCrmRequestOptions | null)
      : send(this, DELETE, path, optionsOrBody, options);
  }

  /** Counters since the client was made, including those of services made from it. */
  stats(): TwentyCrmClientStats {
    const { toStats } =
      require('./observability/stats.js') as typeof import('./observability/stats.js');
    return toStats(nativeOf(this).stats());
  }

  /** Lets calls in flight finish; later calls resolve with `OPERATION_FAILED`. Connections are shared and stay open. */
  async close(): Promise<void> {
    nativeOf(this).close();
  }

  /** `close()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function findNative(client: unknown) {
  return natives.get(client as object);
}

/** Services made from a client inherit them. */
function hooksOf(client: unknown) {
  return hooksByClient.get(client as object);
}

function nativeOf(client: unknown) {
  const found = findNative(client);
  if (found === undefined) throw new TypeError('not a TwentyCrmRestClient');
  return found;
}

const CONFIG = optionSchema<TwentyCrmRestClientConfig>({
  baseUrl: 'core',
  apiKey: 'core',
  timeout: 'core',
  maxRetries: 'core',
  initialBackoffMs: 'core',
  maxBackoffMs: 'core',
  deadlineMs: 'core',
  maxThrottleWaitMs: 'core',
  maxRequestsPerMinute: 'core',
  maxResponseBytes: 'core',
  ca: 'core',
  onRetry: 'here',
  logger: 'here',
  logLevel: 'here',
});

/** Members of the template's `TwentyCrmConfig`, which may be passed as it is. */
const BESIDE_CONFIG = [
  ...['id', 'enabled', 'syncMode'],
  ...['createdBy', 'updatedBy', 'createdAt', 'updatedAt'],
] as const;

const EXPECTED: ReadonlySet<string> = new Set([...CONFIG.names, ...BESIDE_CONFIG]);

/** The required options, and where to get them. */
const NEEDED = [
  ['baseUrl', 'give the address of your Twenty, for example https://crm.example.com'],
  ['apiKey', 'create one in Twenty under Settings, APIs & Webhooks'],
] as const;

const OPTIONS = optionSchema<TwentyCrmRequestOptions>({
  timeout: 'core',
  headers: 'core',
  skipRetry: 'core',
  idempotencyKey: 'core',
  deadlineMs: 'core',
  signal: 'here',
});

function configToJson(config: unknown) {
  if (typeof config !== 'object' || config === null) {
    throw invalid('config', 'the configuration must be an object with baseUrl and apiKey');
  }
  refuseSlips(config);
  const values = readOptions('config', config, CONFIG.core);
  for (const [name, what] of NEEDED) {
    if (values[name] != null) continue;
    throw invalid(
      name,
      `${name} is missing: ${what} (if it comes from the environment, its variable is not set)`,
    );
  }
  // Configurations may be stored with blanks: HTTP trims header values, so that went unnoticed.
  values.baseUrl = withoutBlanks(values.baseUrl);
  values.apiKey = withoutBlanks(values.apiKey);
  if (values.ca !== undefined && values.ca !== null) {
    const { readCa } = require('./ca.js') as typeof import('./ca.js');
    values.ca = readCa(values.ca);
  }
  return optionsToJson(values) ?? '{}';
}

/**
 * Refuses a misspelt option, which would be ignored. Other unknown properties are allowed: they belong to the caller.
 */
function refuseSlips(config: object) {
  for (const name of namesOf('config', config)) {
    if (EXPECTED.has(name)) continue;
    const { isSlip, unknownOption } =
      require('./unknown-option.js') as typeof import('./unknown-option.js');
    // Without the required ones: their absence is reported anyway.
    const optional = CONFIG.names.slice(NEEDED.length);
    if (isSlip(name, optional)) throw unknownOption('the configuration', name, optional);
  }
}

function send<T>(
  client: TwentyCrmRestClient,
  method: number,
  path: unknown,
  body: unknown,
  options: TwentyCrmRequestOptions | null | undefined,
): Promise<TwentyCrmResponse<T>> {
  // An exception here, for a `this` that is not a client, rejects the promise.
  return new Promise((resolve, reject) => {
    const inner = nativeOf(client);
    let bodyJson: string | undefined;
    let optionsJson: string | undefined;
    let signal: AbortSignalLike | undefined;
    try {
      if (typeof path !== 'string')
        throw invalid('path', 'path must be a string such as "/rest/people"');
      bodyJson = toJson('body', body);
      if (options !== undefined && options !== null) {
        requireKnown('a request', options, OPTIONS.known);
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

function toResponse<T>(answer: Answer): TwentyCrmResponse<T> {
  if (!answer.ok) return { success: false, error: answer.error };
  if (answer.text === '') return { success: true, data: null as T };
  try {
    return { success: true, data: JSON.parse(answer.text) };
  } catch (cause) {
    return { success: false, error: notJson(cause) };
  }
}

function callOptionsToJson(options: TwentyCrmRequestOptions) {
  const values = readOptions('options', options, OPTIONS.core);
  if (isIterable(values.headers)) {
    // JSON writes a Map or a Headers object as an empty object: the headers would be lost.
    throw invalid('headers', 'headers must be a plain object of names and strings');
  }
  return optionsToJson(values);
}

function isIterable(value: unknown) {
  try {
    return typeof value === 'object' && value !== null && Symbol.iterator in value;
  } catch (cause) {
    throw invalid('headers', `headers cannot be read: ${describe(cause)}`, cause);
  }
}

function plain(error: unknown) {
  return isApiError(error) ? error.toJSON() : thrownError(error);
}

function notJson(cause: unknown) {
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

export { configToJson, findNative, hooksOf, TwentyCrmRestClient };
