'use strict';

const { BadRecord } = require('./mapping.js');
const { made } = require('./presets/id-from.js');
const {
  CELL_ERROR,
  CELL_ERRORS,
  EXPONENT,
  MARKS,
  NOTHING,
  WHY,
} = require('./tables/spoilt-ids.js');

/**
 * @typedef {import('./fields.js').Entity} Entity
 * @typedef {import('./mapping.js').Mapping} Mapping
 */

/**
 * Why an id is none, if so.
 * @param {string} id
 */
function spoilt(id) {
  const text = id.trim();
  if (text === '' || text.length > 40) return undefined;
  if (EXPONENT.test(text)) return 'number';
  if (CELL_ERROR.test(text) || CELL_ERRORS.has(text.toUpperCase())) return 'error';
  return NOTHING.has(text.toLowerCase()) || MARKS.test(text) ? 'nothing' : undefined;
}

/** @param {Record<string, unknown>} record */
function requireIds(record) {
  for (const field of ['external_id', 'company_external_id']) {
    const id = record[field];
    const why = typeof id === 'string' ? spoilt(id) : undefined;
    if (why === undefined) continue;
    throw new BadRecord(field, `${field} is "${id}": ${WHY[why]}. --allow-id takes it as it is`);
  }
}

/**
 * @param {Mapping} mapping
 * @returns {(record: Record<string, unknown>) => Record<string, unknown>} throws {@link BadRecord}
 */
function identifier({ idFrom, allowId }) {
  return (record) => {
    if (idFrom !== undefined) record.external_id = made(record, idFrom);
    if (!allowId) requireIds(record);
    return record;
  };
}

module.exports = { identifier, spoilt };
