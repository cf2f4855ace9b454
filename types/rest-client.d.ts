import type { AbortSignalLike } from './abort-signal.js';
import type { ObservabilityOptions, TwentyCrmStats } from './observability.js';
import type { TwentyCrmClientConfig, TwentyCrmResponse } from './twenty-crm-config.types.js';

declare global {
  // Every Node that this package runs on has the symbol; `lib: es2022` alone does not know it. The declaration
  // merges with those of `esnext.disposable` and @types/node.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** PEM text, a Buffer with PEM text, or a list of these. */
export type CaCertificates = string | Uint8Array | readonly (string | Uint8Array)[];

/** {@link TwentyCrmClientConfig}, whom to trust, bounds on the whole of a call and on all of them, and who is told. */
export interface TwentyCrmRestClientConfig extends TwentyCrmClientConfig, ObservabilityOptions {
  /**
   * Milliseconds that a whole call may take, with all its attempts and waits; no wait begins that would pass it.
   * Unbounded when it is not given.
   */
  deadlineMs?: number;
  /**
   * Milliseconds that a call may wait for the workspace's rate limit; beyond it the call fails with `RATE_LIMIT`.
   * @default 300000
   */
  maxThrottleWaitMs?: number;
  /**
   * Requests that may be sent in any 60 seconds, repeats among them, 1 to 100000: a cap of your own, below the server's
   * limit, which is learnt from its answers. Clients of one workspace with the same number share it; what other clients
   * send does not count. Unbounded when it is not given.
   */
  maxRequestsPerMinute?: number;
  /**
   * Longest answer that is read, in bytes, 1024 to 536870888; a longer one fails with `OPERATION_FAILED`,
   * `details.reason` `TOO_LARGE`, and the rest of it is not read.
   * @default 67108864
   */
  maxResponseBytes?: number;
  /**
   * Certificates of authorities that are trusted beside the system's and those of `NODE_EXTRA_CA_CERTS`: PEM text, a
   * Buffer with PEM text, or a list of these. A server's own self-signed certificate will do. There is no way to
   * switch the check off.
   */
  ca?: CaCertificates;
}

/** Options of one request. */
export interface TwentyCrmRequestOptions {
  /** Milliseconds per attempt; the client's `timeout` when it is not given. */
  timeout?: number;
  /** Additional headers. A value with a line break is refused before any request. */
  headers?: Record<string, string>;
  /**
   * One attempt only.
   * @default false
   */
  skipRetry?: boolean;
  /** Sent as `Idempotency-Key`, the same over all attempts. A random one for every write when it is not given. */
  idempotencyKey?: string;
  /** Aborting closes the socket, ends any wait, and rejects with the signal's own reason. */
  signal?: AbortSignalLike;
  /** Milliseconds for the whole call; the client's `deadlineMs` when it is not given. */
  deadlineMs?: number;
}

/** Numbers of one client since it was made. */
export type TwentyCrmClientStats = TwentyCrmStats;

/**
 * Requests to a Twenty server with retries, pacing and timeouts. It resolves with
 * `{ success: true, data }` or `{ success: false, error }` and rejects for one thing only: an aborted signal, with
 * that signal's own reason. `data` is the server's JSON, untouched.
 *
 * A `path` stays on the server, with or without a `/` at its beginning: absolute URLs, `//host`, `..` and control characters resolve
 * with `VALIDATION_ERROR` before any request.
 */
export declare class TwentyCrmRestClient {
  /** @throws {TwentyCrmApiError} `VALIDATION_ERROR` when an option is no good; `details.field` names it. */
  constructor(config: TwentyCrmRestClientConfig);

  /** Reads. */
  get<T = unknown>(path: string, options?: TwentyCrmRequestOptions): Promise<TwentyCrmResponse<T>>;
  /** As `post`, `put` and `patch` are called, with no body. */
  get<T = unknown>(
    path: string,
    body: null | undefined,
    options: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>>;
  /** Deletes. */
  delete<T = unknown>(
    path: string,
    options?: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>>;
  /** As `post`, `put` and `patch` are called: with a body. */
  delete<T = unknown>(
    path: string,
    body: unknown,
    options: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>>;
  /** Creates. `body` is sent as JSON; nothing is sent when it is undefined. */
  post<T = unknown>(
    path: string,
    body?: unknown,
    options?: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>>;
  /** Replaces. `body` is sent as JSON; nothing is sent when it is undefined. */
  put<T = unknown>(
    path: string,
    body?: unknown,
    options?: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>>;
  /** Changes. `body` is sent as JSON; nothing is sent when it is undefined. */
  patch<T = unknown>(
    path: string,
    body?: unknown,
    options?: TwentyCrmRequestOptions,
  ): Promise<TwentyCrmResponse<T>>;

  /** Numbers since the client was made, those of services that were made from it among them. */
  stats(): TwentyCrmClientStats;
  /** Lets calls under way finish; later calls resolve with `OPERATION_FAILED`. Connections are shared and stay. */
  close(): Promise<void>;
  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
