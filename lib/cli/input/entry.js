'use strict';

const { BadRecord } = require('../mapping.js');

/**
 * @typedef {import('../mapping.js').RecordFailure} RecordFailure
 *
 * @typedef {object} Place
 * @property {number} line where a record begins, from 1
 * @property {number} end offset behind it, in bytes of UTF-8
 *
 * @typedef {object} Outcome
 * @property {Record<string, unknown>} [record] what is to be sent
 * @property {RecordFailure} [failure] why nothing is
 * @property {any} source as it was read, for the rejects: cells, a JSON value, or text
 *
 * @typedef {Place & Outcome} Entry one record of the input
 */

/** @param {Place} place @param {object} source @param {RecordFailure} failure @returns {Entry} */
const refused = ({ line, end }, source, { code, field, message, unknown }) => ({
  ...{ line, end, source },
  failure: { code, ...(field !== undefined && { field }), message, ...(unknown && { unknown }) },
});

/**
 * @param {Place} place
 * @param {object} source
 * @param {() => Record<string, unknown>} make throws {@link BadRecord}
 */
function toEntry(place, source, make) {
  try {
    return { line: place.line, end: place.end, source, record: make() };
  } catch (error) {
    if (error instanceof BadRecord) return refused(place, source, error);
    throw error;
  }
}

module.exports = { refused, toEntry };
