/** Server messages vary: bounded, so that they cannot fill the memory. */
const MAX_KINDS = 50;

export interface Kind {
  /** of a refusal */
  code?: string;
  field?: string;
  /** of a warning */
  reason?: string;
  count: number;
  /** the first one */
  example: { line: number; externalId: string; message: string };
}

class Tally {
  #kinds: Map<string, Kind> = new Map();

  add(kind: { code?: string; field?: string; reason?: string }, example: Kind['example']) {
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

  /** Largest first. */
  list() {
    return [...this.#kinds.values()].sort((a, b) => b.count - a.count);
  }
}

export { Tally };
