import type { Round } from './courier.js';
import type { Settings } from './settings.js';
import { fullJitter } from './timing.js';

/**
 * After a round in which nothing went well the CRM is left alone for a while, and then asked with one record; the first
 * that goes well opens the gate again.
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

  /** Milliseconds for which nothing is to be sent. */
  get waitMs() {
    return this.isOpen ? 0 : Math.max(0, this.#opensAt - this.#settings.clock.now());
  }

  /** The next round may begin at once; what is known of the CRM stays. */
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
      // Somebody has to do something first: now and then is often enough, and not all workers at once.
      this.#opensAt = clock.now() + pauseMs * (0.5 + random() / 2);
    }
  }
}

export { Gate };
