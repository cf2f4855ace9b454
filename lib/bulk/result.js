'use strict';

const { isApiError } = require('../errors.js');

/**
 * The result of a record that was not stored.
 * @param {any} record
 * @param {any} error
 * @returns {import('../../index.js').FailedRecord}
 */
function failed(record, error) {
  let externalId = '';
  try {
    if (typeof record?.external_id === 'string') externalId = record.external_id;
  } catch {
    // A getter that throws: the record has no id.
  }
  const plain = isApiError(error) ? error.toJSON() : error;
  return { status: 'failed', externalId, error: plain, warnings: [] };
}

module.exports = { failed };
