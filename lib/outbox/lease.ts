import type { OutboxClock, OutboxStore } from '../../index.js';

/** A lease is renewed so many times before it would end. */
const BEATS = 3;

/**
 * Keeps the records of one claim while they are delivered. `signal` aborts when the lease is lost: what is not sent by
 * then must not be sent.
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
   * @param since when the claim was asked for
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
    // The process may have stood still since it asked: somebody else may hold them by now.
    if (settings.clock.now() < this.#expiresAt) void this.#keep();
    else this.#lost.abort(new Error('the lease ran out before it was known'));
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
        this.#lost.abort(new Error('the lease ran out before it could be renewed'));
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
      if (held < this.#held) this.#lost.abort(new Error('another worker has taken over'));
      else this.#expiresAt = since + leaseMs;
    } catch {
      // The store may be back for the next beat; if it is not, the lease runs out.
    } finally {
      this.#isAsking = false;
    }
  }
}

export { Lease };
