import { createHash } from 'node:crypto';

/** The CRM id for an external id, for writers and checkers. @param {string} everId */
export function crmIdOf(everId) {
  const hex = createHash('sha256').update(everId).digest('hex');
  return [8, 4, 4, 4, 12]
    .reduce(
      ({ parts, at }, length) => ({
        parts: [...parts, hex.slice(at, at + length)],
        at: at + length,
      }),
      { parts: [], at: 0 },
    )
    .parts.join('-');
}
