import type { AbortSignalLike } from './abort-signal.js';
import type { ObservabilityOptions, TwentyCrmStats } from './observability.js';
import type { TwentyCrmClientConfig } from './twenty-crm-config.types.js';

declare global {
  // Every Node that this package supports has the symbol, but `lib: es2022` does not declare it. This declaration
  // merges with those of `esnext.disposable` and @types/node.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** PEM text, a Buffer with PEM text, or a list of these. */
export type CaCertificates = string | Uint8Array | readonly (string | Uint8Array)[];

/**
 * {@link TwentyCrmClientConfig}, plus trusted certificates, limits on whole calls and on the request rate, and hooks.
 */
export interface TwentyCrmRestClientConfig extends TwentyCrmClientConfig, ObservabilityOptions {
  /**
   * Maximum milliseconds of a whole call, with all its attempts and waits. A wait that would exceed it does not begin.
   * Unbounded by default.
   */
  deadlineMs?: number;
  /**
   * Maximum milliseconds that a call waits for the workspace's rate limit; after that it fails with `RATE_LIMIT`.
   * @default 300000
   */
  maxThrottleWaitMs?: number;
  /**
   * Maximum requests in any 60 seconds, including retries, 1 to 100000: a cap of your own, below the server's limit,
   * which is learnt from its answers. Clients of one workspace with the same number share it; requests of other clients
   * do not count. Unbounded by default.
   */
  maxRequestsPerMinute?: number;
  /**
   * Maximum size of an answer in bytes, 1024 to 536870888. A larger one fails with `OPERATION_FAILED`, `details.reason`
   * `TOO_LARGE`, and the rest of it is not read.
   * @default 67108864
   */
  maxResponseBytes?: number;
  /**
   * Trusted certificate authorities in addition to the system's and to `NODE_EXTRA_CA_CERTS`: PEM text, a Buffer with
   * PEM text, or a list of these. A server's own self-signed certificate works, too. The check cannot be switched off.
   */
  ca?: CaCertificates;
}

/** Options of one request. */
export interface TwentyCrmRequestOptions {
  /** Milliseconds per attempt; default is the client's `timeout`. */
  timeout?: number;
  /** Additional headers. A value with a line break is refused before any request. */
  headers?: Record<string, string>;
  /**
   * No retries.
   * @default false
   */
  skipRetry?: boolean;
  /** Sent as `Idempotency-Key`, the same for all attempts. By default every write gets a random one. */
  idempotencyKey?: string;
  /** Aborting closes the socket, ends any wait, and rejects with the signal's reason. */
  signal?: AbortSignalLike;
  /** Milliseconds for the whole call; default is the client's `deadlineMs`. */
  deadlineMs?: number;
}

/** Counters of one client since it was made. */
export type TwentyCrmClientStats = TwentyCrmStats;
