import type { OutboxClock, OutboxStore } from '../../index.js';

/** Renewals during one lease period. */
const BEATS = 3;

/**
 * Renews the lease of one claim while its records are delivered. `signal` aborts when the lease is lost: after that,
 * nothing may be sent.
 */
class Lease {
  #store;
  #token;
  #held;
  #settings;
  #lost = new AbortController();
  #ended = new AbortController();
  #isAsking = false;
  #expiresAt;

  /**
   * @param held how many records
   * @param since when the claim was requested
   */
  constructor(
    store: OutboxStore,
    token: string,
    held: number,
    since: number,
    settings: { leaseMs: number; clock: OutboxClock },
  ) {
    this.#store = store;
    this.#token = token;
    this.#held = held;
    this.#settings = settings;
    this.#expiresAt = since + settings.leaseMs;
    // The process may have been paused since then: another worker may hold the records by now.
    if (settings.clock.now() < this.#expiresAt) void this.#keep();
    else this.#lost.abort(new Error('the lease expired before its claim was answered'));
  }

  get signal() {
    return this.#lost.signal;
  }

  end() {
    this.#ended.abort();
  }

  async #keep() {
    const { leaseMs, clock } = this.#settings;
    const beat = leaseMs / BEATS;
    const signal = this.#ended.signal;
    while (true) {
      await clock.sleep(beat, { signal, keepsAlive: false });
      if (signal.aborted) return;
      if (clock.now() + beat > this.#expiresAt) {
        this.#lost.abort(new Error('the lease expired before it could be renewed'));
        return;
      }
      if (!this.#isAsking) void this.#renew();
    }
  }

  async #renew() {
    const { leaseMs, clock } = this.#settings;
    const since = clock.now();
    this.#isAsking = true;
    try {
      const held = await this.#store.renew({ token: this.#token, leaseMs });
      if (held < this.#held)
        this.#lost.abort(new Error('another worker has taken over the records'));
      else this.#expiresAt = since + leaseMs;
    } catch {
      // The store may answer the next renewal; otherwise the lease expires.
    } finally {
      this.#isAsking = false;
    }
  }
}

export { Lease };
