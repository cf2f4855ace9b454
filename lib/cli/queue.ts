class Queue<T> {
  #items: T[] = [];
  #head = 0;

  push(item: T) {
    this.#items.push(item);
  }

  peek(): T | undefined {
    return this.#items[this.#head];
  }

  shift(): T | undefined {
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

export { Queue };
