const WINDOW_MS = 20_000;
const SAMPLE_MS = 500;

class Pace {
  #now;
  #samples: { atMs: number; done: number; fraction: number }[];

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#samples = [{ atMs: now(), done: 0, fraction: 0 }];
  }

  /**
   * @param done records
   * @param fraction of the input, 0 if it is not known
   */
  note(done: number, fraction: number) {
    const atMs = this.#now();
    const last = this.#samples[this.#samples.length - 1];
    if (atMs - last.atMs < SAMPLE_MS) return;
    this.#samples.push({ atMs, done, fraction });
    while (this.#samples.length > 2 && atMs - this.#samples[1].atMs >= WINDOW_MS) {
      this.#samples.shift();
    }
  }

  estimate(done: number, fraction: number) {
    const [first] = this.#samples;
    const elapsedMs = Math.max(1, this.#now() - first.atMs);
    const perSecond = ((done - first.done) / elapsedMs) * 1000;
    const perMs = (fraction - first.fraction) / elapsedMs;
    const leftMs = perMs > 0 ? (1 - fraction) / perMs : undefined;
    return { perSecond, leftMs };
  }
}

export { Pace };
