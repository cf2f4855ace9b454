// The JavaScript contenders, by the name in a measurement.

/** @typedef {import('../people.mjs').Person} Person */
/** @typedef {{ baseUrl: string, apiKey: string }} Server */
/**
 * @typedef {object} Client
 * @property {(inputs: Person[], chunksInFlight?: number) => Promise<unknown>} upsertMany Returns all results as one
 * array.
 * @property {(inputs: Person[]) => Promise<unknown>} upsertEach One call for each record, all at once.
 * @property {(inputs: Iterable<Person>, onProgress?: (done: number) => void) => Promise<unknown>} sync Keeps no
 * results.
 * @property {(path: string) => Promise<unknown>} get Returns the parsed body.
 */
/** @typedef {(server: Server) => Client} Open */

/**
 * @param {string} name
 * @param {Server} server
 * @returns {Promise<Client>}
 */
export async function openClient(name, server) {
  const { open } = await import(`./${name}.mjs`);
  return open(server);
}
