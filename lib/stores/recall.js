'use strict';

const { portOf } = require('./port.js');

/** As the core has them (`src/core/config.rs`); a test holds these copies to it. */
const MAPPING_STORE_TIMEOUT_MS = 5_000;
const MAPPING_STORE_PAUSE_MS = 30_000;

/** @type {WeakMap<object, number>} Stores that did not answer, and until when they are left alone. */
const silent = new WeakMap();

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The CRM id that a store knows for an external id, asked and checked as the core does it (`store/bounded.rs`).
 * @param {object} store
 * @param {import('../../index.js').MappedObjectType} objectType
 * @param {string} externalId
 * @param {string | undefined} namespace
 * @returns {Promise<string | undefined>} rejects where the store fails
 */
async function recall(store, objectType, externalId, namespace) {
  const key = namespace === undefined ? externalId : `${namespace}:${externalId}`;
  const found = await bounded(store, () => portOf(store).findByEverId(key, objectType));
  if (found === null) return undefined;
  if (found.everId !== key || found.objectType !== objectType || !uuid.test(found.crmId)) {
    throw new Error('it gave a mapping that was not asked for, or whose CRM id is no UUID');
  }
  return found.crmId.toLowerCase();
}

/**
 * @template T
 * @param {object} store
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function bounded(store, work) {
  const until = silent.get(store);
  if (until !== undefined && Date.now() < until) {
    throw new Error(
      `it did not answer within ${MAPPING_STORE_TIMEOUT_MS} ms before, so it was not asked this time`,
    );
  }
  silent.delete(store);
  let timer;
  const expired = new Promise((_, reject) => {
    timer = setTimeout(() => {
      silent.set(store, Date.now() + MAPPING_STORE_PAUSE_MS);
      reject(new Error(`it did not answer within ${MAPPING_STORE_TIMEOUT_MS} ms`));
    }, MAPPING_STORE_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work(), expired]);
  } finally {
    clearTimeout(timer);
  }
}

module.exports = { MAPPING_STORE_PAUSE_MS, MAPPING_STORE_TIMEOUT_MS, recall };
