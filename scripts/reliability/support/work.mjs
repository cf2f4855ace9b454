// The work of a client with a population: bulk runs and single upserts at the same time.

/** @typedef {import('./population.mjs').Outcome} Outcome */
/** @typedef {import('../../../index.js').TwentyCrmSyncService} Service */

/**
 * Runs `work` on every item, with a limited number at once.
 * @template T
 * @param {Iterable<T>} items
 * @param {number} atOnce
 * @param {(item: T) => Promise<unknown>} work
 */
export async function pool(items, atOnce, work) {
  const iterator = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
    }),
  );
}

/**
 * Runs one bulk run, and records the outcome of each record.
 * @param {import('../../../index.js').SyncRun<any>} run
 * @param {Map<string, Outcome>} outcomes
 */
export async function note(run, outcomes) {
  for await (const { externalId, id, error } of run) {
    outcomes.set(externalId, error === undefined ? { id } : { error });
  }
}

/**
 * One single upsert.
 * @param {string} externalId
 * @param {Promise<{ id: string }>} upsert
 * @param {Map<string, Outcome>} outcomes
 */
export async function noteOne(externalId, upsert, outcomes) {
  try {
    outcomes.set(externalId, { id: (await upsert).id });
  } catch (error) {
    outcomes.set(externalId, { error });
  }
}

/**
 * Items, cut into pieces of `size`.
 * @template T
 * @param {T[]} items
 * @param {number} size
 */
export function* pieces(items, size) {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
