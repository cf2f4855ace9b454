import type { OutboxChange as Change, OutboxStore } from '../../index.js';

/** Changes that one call stores, at most. */
const AT_ONCE = 500;

/** Stores changes in the order in which they were made. Changes made while the store is busy share the next call. */
class Inlet {
  #store;
  #line: { change: Change; resolve: () => void; reject: (reason: unknown) => void }[] = [];
  #moving: Promise<void> | undefined;

  constructor(store: OutboxStore) {
    this.#store = store;
  }

  add(change: Change): Promise<void> {
    const stored = new Promise<void>((resolve, reject) => {
      this.#line.push({ change, resolve, reject });
    });
    this.#moving ??= this.#move();
    return stored;
  }

  async settled() {
    await this.#moving;
  }

  async #move() {
    // Changes of one turn of the event loop are stored together.
    await undefined;
    while (this.#line.length > 0) {
      const entries = this.#line.splice(0, AT_ONCE);
      try {
        await this.#store.enqueue(entries.map(({ change }) => change));
        for (const { resolve } of entries) resolve();
      } catch (error) {
        for (const { reject } of entries) reject(error);
      }
    }
    this.#moving = undefined;
  }
}

export { Inlet };
