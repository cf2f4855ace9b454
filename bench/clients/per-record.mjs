// Upserts as an application would write them: a look-up and a write for each record, all at once.
import { toTwenty } from '../people.mjs';

/** @typedef {(method: string, path: string, body?: unknown) => Promise<any>} Send */

/**
 * @param {Send} send Returns the answer's JSON, and rejects for an error status.
 * @returns {import('./index.mjs').Client}
 */
export function perRecord(send) {
  /** @param {import('../people.mjs').Person} input */
  async function upsert(input) {
    const filter = encodeURIComponent(`externalId[eq]:"${input.external_id}"`);
    const found = await send('GET', `/rest/people?filter=${filter}&limit=1`);
    const [row] = found.data.people;
    if (row === undefined) {
      const { data } = await send('POST', '/rest/people', toTwenty(input));
      return { id: data.createPerson.id, externalId: input.external_id, created: true };
    }
    await send('PATCH', `/rest/people/${row.id}`, toTwenty(input));
    return { id: row.id, externalId: input.external_id, created: false };
  }

  /** @param {Iterable<import('../people.mjs').Person>} inputs */
  const upsertEach = (inputs) => Promise.all(Array.from(inputs, upsert));

  return {
    upsertMany: upsertEach,
    upsertEach,
    sync: upsertEach,
    get: (path) => send('GET', path),
  };
}
