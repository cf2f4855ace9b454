/** The part of an `AbortSignal` that this package uses, so that its types need neither the DOM nor @types/node. */
export interface AbortSignalLike {
  /** Whether it has already aborted. */
  readonly aborted: boolean;
  /** The reason; an aborted call rejects with it. */
  readonly reason?: unknown;
  /** Calls `listener` when it aborts. */
  addEventListener(
    type: 'abort',
    listener: () => void,
    options?: {
      /** Whether the listener is removed after its first call. */
      once?: boolean;
    },
  ): void;
  /** Removes the listener. */
  removeEventListener(type: 'abort', listener: () => void): void;
}
