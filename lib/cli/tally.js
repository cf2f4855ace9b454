'use strict';

/** What the server says must not fill the memory. */
const MAX_KINDS = 50;

/**
 * @typedef {object} Kind
 * @property {string} [code] of a refusal
 * @property {string} [field]
 * @property {string} [reason] of a warning
 * @property {number} count
 * @property {{ line: number, externalId: string, message: string }} example the first
 */

class Tally {
  /** @type {Map<string, Kind>} */
  #kinds = new Map();

  /**
   * @param {{ code?: string, field?: string, reason?: string }} kind
   * @param {Kind['example']} example
   */
  add(kind, example) {
    let key = `${kind.code}\n${kind.field}\n${kind.reason}`;
    if (!this.#kinds.has(key) && this.#kinds.size >= MAX_KINDS) key = 'others';
    const known = this.#kinds.get(key);
    if (known !== undefined) known.count += 1;
    else {
      const { code, field, reason } = key === 'others' ? { ...kind, field: undefined } : kind;
      this.#kinds.set(key, {
        ...(code !== undefined && { code }),
        ...(field && { field }),
        ...(reason !== undefined && { reason }),
        count: 1,
        example,
      });
    }
  }

  /** The largest first. */
  list() {
    return [...this.#kinds.values()].sort((a, b) => b.count - a.count);
  }
}

module.exports = { Tally };
