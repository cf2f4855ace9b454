import type { AbortSignalLike } from './abort-signal.js';
import type { ObservabilityOptions, TwentyCrmStats } from './observability.js';
import type { TwentyCrmClientConfig } from './twenty-crm-config.types.js';

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
