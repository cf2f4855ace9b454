/** The part of an `AbortSignal` that this package uses, so that its types need neither the DOM nor @types/node. */
export interface AbortSignalLike {
  /** Whether it has aborted already. */
  readonly aborted: boolean;
  /** Why; what an aborted call rejects with. */
  readonly reason?: unknown;
  /** Calls `listener` when it aborts. */
  addEventListener(
    type: 'abort',
    listener: () => void,
    options?: {
      /** Whether the listener is taken away after its first call. */
      once?: boolean;
    },
  ): void;
  /** Takes the listener away again. */
  removeEventListener(type: 'abort', listener: () => void): void;
}
