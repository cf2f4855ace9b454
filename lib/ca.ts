import { types } from 'node:util';
import { describe, invalid } from './serialise.js';

/** Option `ca` as a list of PEM texts. Node.js accepts a string, a Buffer, or a list of these. */
function readCa(ca: unknown) {
  try {
    return (Array.isArray(ca) ? [...ca] : [ca]).map(toText);
  } catch (cause) {
    throw invalid('ca', `ca cannot be read: ${describe(cause)}`, cause);
  }
}

function toText(pem: unknown) {
  if (typeof pem === 'string') return pem;
  // PEM is ASCII. Any other content must come through unchanged for the core to name the problem.
  if (types.isUint8Array(pem)) return Buffer.from(pem).toString('latin1');
  throw new TypeError('it must be PEM text, a Buffer of PEM text, or a list of these');
}

export { readCa };
