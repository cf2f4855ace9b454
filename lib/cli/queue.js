'use strict';

/** @template T */
class Queue {
  /** @type {T[]} */
  #items = [];
  #head = 0;

  /** @param {T} item */
  push(item) {
    this.#items.push(item);
  }

  /** @returns {T | undefined} */
  peek() {
    return this.#items[this.#head];
  }

  /** @returns {T | undefined} */
  shift() {
    const item = this.#items[this.#head];
    this.#head += 1;
    if (this.#head >= 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  get length() {
    return this.#items.length - this.#head;
  }
}

module.exports = { Queue };
