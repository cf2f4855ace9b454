// The contenders that are JavaScript, by the name that a measurement gives.

/** @typedef {import('../people.mjs').Person} Person */
/** @typedef {{ baseUrl: string, apiKey: string }} Server */
/**
 * @typedef {object} Client
 * @property {(inputs: Person[], chunksInFlight?: number) => Promise<unknown>} upsertMany The results of all, as one array.
 * @property {(inputs: Iterable<Person>, onProgress?: (done: number) => void) => Promise<unknown>} sync Nothing kept.
 * @property {(path: string) => Promise<unknown>} get The parsed body.
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
