'use strict';

const { isApiError } = require('../errors.js');
const { failed } = require('./result.js');

/**
 * The writer of platform mode: every record is an event of its own.
 * @param {(record: any) => Promise<any>} upsert
 * @param {'person' | 'company'} entity
 * @returns {import('./run.js').Writer}
 */
function publishingWriter(upsert, entity) {
  return {
    entity,
    requests: () => 0,
    async write(records) {
      /** @type {import('./run.js').Result[]} */
      const results = [];
      for (const record of records) {
        try {
          const { id, externalId, data } = await upsert(record);
          results.push({ status: 'published', externalId, id, data, warnings: [] });
        } catch (error) {
          if (!isApiError(error)) throw error;
          results.push(failed(record, error));
        }
      }
      return results;
    },
  };
}

module.exports = { publishingWriter };
