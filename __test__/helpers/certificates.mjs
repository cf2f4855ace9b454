// Certificates for tests, written byte by byte: expired ones, ones for other hosts, and others that tools refuse to
// make.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** @param {number} tag @param {...Uint8Array} parts One DER value. */
function der(tag, ...parts) {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length]), bytes, content]);
}

const sequence = (/** @type {Uint8Array[]} */ ...parts) => der(0x30, ...parts);
const octets = (/** @type {Uint8Array} */ bytes) => der(0x04, bytes);
const bits = (/** @type {Uint8Array} */ bytes) => der(0x03, Buffer.from([0]), bytes);
const oid = (/** @type {string} */ hex) => der(0x06, Buffer.from(hex, 'hex'));
const yes = der(0x01, Buffer.from([0xff]));

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const BASIC_CONSTRAINTS = oid('551d13');
const ALTERNATIVE_NAMES = oid('551d11');

/** @param {string} name */
const distinguishedName = (name) =>
  sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(name)))));

/** @param {Date} date GeneralizedTime. */
const time = (date) =>
  der(0x18, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`));

const DAY = 86_400_000;

/**
 * @typedef {object} Certificate
 * @property {string} name
 * @property {string} cert PEM.
 * @property {string} key PEM.
 * @property {import('node:crypto').KeyObject} privateKey
 */

/**
 * @param {object} wanted
 * @param {string} wanted.name The subject's common name.
 * @param {string[]} [wanted.hosts] DNS names that it is for.
 * @param {boolean} [wanted.isAuthority]
 * @param {Certificate} [wanted.issuer] Itself by default.
 * @param {number} [wanted.fromDays] From when it is valid, in days from now.
 * @param {number} [wanted.toDays]
 * @returns {Certificate}
 */
export function certificate({
  name,
  hosts = [],
  isAuthority = false,
  issuer,
  fromDays = -1,
  toDays = 30,
}) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const extensions = [];
  if (isAuthority) extensions.push(sequence(BASIC_CONSTRAINTS, yes, octets(sequence(yes))));
  if (hosts.length > 0) {
    const names = hosts.map((host) => der(0x82, Buffer.from(host)));
    extensions.push(sequence(ALTERNATIVE_NAMES, octets(sequence(...names))));
  }
  const now = Date.now();
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer?.name ?? name),
    sequence(time(new Date(now + fromDays * DAY)), time(new Date(now + toDays * DAY))),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 ? [der(0xa3, sequence(...extensions))] : []),
  );
  const signature = sign('sha256', toBeSigned, issuer?.privateKey ?? privateKey);
  const whole = sequence(toBeSigned, ECDSA_WITH_SHA256, bits(signature));
  const lines = whole.toString('base64').replaceAll(/.{64}/g, '$&\n');
  return {
    name,
    cert: `-----BEGIN CERTIFICATE-----\n${lines.trimEnd()}\n-----END CERTIFICATE-----\n`,
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    privateKey,
  };
}

/** A certificate authority. */
export const authority = (name = 'Test Authority') => certificate({ name, isAuthority: true });
