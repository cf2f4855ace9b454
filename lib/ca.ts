import { types } from 'node:util';
import { describe, invalid } from './serialise.js';

/** Option `ca` as a list of PEM texts: what Node.js takes is a text, a Buffer, or a list of these. */
function readCa(ca: unknown) {
  try {
    return (Array.isArray(ca) ? [...ca] : [ca]).map(toText);
  } catch (cause) {
    throw invalid('ca', `ca cannot be read: ${describe(cause)}`, cause);
  }
}

function toText(pem: unknown) {
  if (typeof pem === 'string') return pem;
  // PEM is ASCII, and so is whatever else a file of certificates may be taken for.
  if (types.isUint8Array(pem)) return Buffer.from(pem).toString('latin1');
  throw new TypeError('it must be PEM text, a Buffer with PEM text, or a list of these');
}

export { readCa };
