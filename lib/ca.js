'use strict';

const { types } = require('node:util');
const { describe, invalid } = require('./serialise.js');

/**
 * Option `ca` as a list of PEM texts: what Node.js takes is a text, a Buffer, or a list of these.
 * @param {unknown} ca
 */
function readCa(ca) {
  try {
    return (Array.isArray(ca) ? [...ca] : [ca]).map(toText);
  } catch (cause) {
    throw invalid('ca', `ca cannot be read: ${describe(cause)}`, cause);
  }
}

/** @param {unknown} pem */
function toText(pem) {
  if (typeof pem === 'string') return pem;
  // PEM is ASCII, and so is whatever else a file of certificates may be taken for.
  if (types.isUint8Array(pem)) return Buffer.from(pem).toString('latin1');
  throw new TypeError('it must be PEM text, a Buffer with PEM text, or a list of these');
}

module.exports = { readCa };
