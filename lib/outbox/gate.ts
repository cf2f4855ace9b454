import type { Round } from './courier.js';
import type { Settings } from './settings.js';
import { fullJitter } from './timing.js';

/**
 * A circuit breaker. After a round without a delivery, the outbox leaves the CRM alone for a while and then probes it
 * with one record. The first delivery opens the gate again.
 */
class Gate {
  #settings;
  #failures = 0;
  #opensAt = 0;
  state: 'open' | 'away' | 'paused' = 'open';
  /** Why it is shut. */
  error: unknown;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get isOpen() {
    return this.state === 'open';
  }

  /** Milliseconds until the next request is allowed. */
  get waitMs() {
    return this.isOpen ? 0 : Math.max(0, this.#opensAt - this.#settings.clock.now());
  }

  /** Lets the next round begin at once. The state of the CRM stays as it is. */
  hurry() {
    this.#opensAt = 0;
  }

  note({ delivered, failure, dead }: Round) {
    if (delivered > 0 || (failure === undefined && dead.length > 0)) {
      this.state = 'open';
      this.error = undefined;
      this.#failures = 0;
      return;
    }
    if (failure === undefined) return;
    const { clock, pauseMs, random } = this.#settings;
    this.#failures += 1;
    this.error = failure.error;
    if (failure.verdict === 'away') {
      this.state = 'away';
      this.#opensAt = clock.now() + fullJitter(this.#failures, this.#settings);
    } else {
      this.state = 'paused';
      // This needs a human, so occasional probes are enough. The jitter keeps workers from probing together.
      this.#opensAt = clock.now() + pauseMs * (0.5 + random() / 2);
    }
  }
}

export { Gate };
