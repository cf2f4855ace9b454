'use strict';

const { TwentyCrmApiError } = require('../errors.js');

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
    // A getter that throws: the record has no id that could be told.
  }
  const plain = error instanceof TwentyCrmApiError ? error.toJSON() : error;
  return { status: 'failed', externalId, error: plain, warnings: [] };
}

module.exports = { failed };
