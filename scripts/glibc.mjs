// The oldest glibc that a built addon runs on, from the versions of its symbols. Exits 1 above the limit. Only Linux
// binaries for glibc have one.
//   node scripts/glibc.mjs [FILE…]     by default the files in the repository's root
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isMain, root } from './support/process.mjs';

/** Debian 10, RHEL 8, Ubuntu 18.10; Node.js' own builds need the same since version 18. */
export const floor = '2.28';

/** @param {string} a @param {string} b */
function compare(a, b) {
  const [x, y] = [a, b].map((version) => version.split('.').map(Number));
  for (let at = 0; at < Math.max(x.length, y.length); at += 1) {
    const difference = (x[at] ?? 0) - (y[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The newest `GLIBC_x.y` that an ELF file needs, from its section of needed versions (`.gnu.version_r`). Undefined if
 * it needs none.
 * @param {Buffer} file
 * @returns {string | undefined}
 */
export function neededGlibc(file) {
  if (file.subarray(0, 4).toString('latin1') !== '\x7fELF' || file[4] !== 2 || file[5] !== 1) {
    throw new Error('not a 64-bit little-endian ELF file');
  }
  const offset = Number(file.readBigUInt64LE(0x28));
  const size = file.readUInt16LE(0x3a);
  const count = file.readUInt16LE(0x3c);
  const sections = Array.from({ length: count }, (_, n) => {
    const at = offset + n * size;
    return {
      type: file.readUInt32LE(at + 4),
      start: Number(file.readBigUInt64LE(at + 0x18)),
      link: file.readUInt32LE(at + 0x28),
    };
  });
  const VERNEED = 0x6ffffffe;
  const needs = sections.find(({ type }) => type === VERNEED);
  if (needs === undefined) return undefined;
  const strings = sections[needs.link].start;
  /** @param {number} at */
  const text = (at) => file.toString('latin1', strings + at, file.indexOf(0, strings + at));
  /** @type {string[]} */
  const versions = [];
  for (let at = needs.start, next = 1; next !== 0; at += next) {
    next = file.readUInt32LE(at + 12);
    for (let entry = at + file.readUInt32LE(at + 8), more = 1; more !== 0; entry += more) {
      more = file.readUInt32LE(entry + 12);
      const version = /^GLIBC_([\d.]+)$/.exec(text(file.readUInt32LE(entry + 8)))?.[1];
      if (version !== undefined) versions.push(version);
    }
  }
  return versions.sort(compare).at(-1);
}

/** @param {string} needed */
export const isAboveFloor = (needed) => compare(needed, floor) > 0;

if (isMain(import.meta.url)) {
  const named = process.argv.slice(2);
  const files =
    named.length > 0
      ? named
      : readdirSync(root).filter((name) => name.endsWith('.node') && name.includes('-gnu'));
  if (files.length === 0) throw new Error('there is no glibc build: run `npm run build`');
  for (const file of files) {
    const needed = neededGlibc(readFileSync(path.resolve(root, file)));
    const verdict = needed === undefined || !isAboveFloor(needed) ? 'good' : 'too new';
    console.log(`${file}: needs glibc ${needed ?? 'of any version'}, floor ${floor}: ${verdict}`);
    if (verdict !== 'good') process.exitCode = 1;
  }
}
