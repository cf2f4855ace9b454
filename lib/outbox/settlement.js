'use strict';

const { merged, needsOf } = require('./change.js');

/**
 * @typedef {import('../../index.js').OutboxClaim} Claim
 * @typedef {import('../../index.js').OutboxSettlement} Settlement
 * @typedef {import('../../index.js').TwentyCrmError} TwentyCrmError
 */

/**
 * A claimed record, its changes read. `dead` is its dead letter, which is not sent: what is sent instead is noted in it,
 * so that whoever tries it again later does not bring old values back.
 * @typedef {object} Record
 * @property {Claim} claim
 * @property {Claim['changes']} waiting
 * @property {Claim['changes'][number] | undefined} deadRow
 * @property {any} input what is sent
 * @property {any} deadInput
 */

/**
 * What became of a record. `late`: not before `delayMs`. `back`: as if it had not been taken.
 * @typedef {{ status: 'delivered' } | { status: 'dead', error: TwentyCrmError } | { status: 'late', delayMs: number }
 *   | { status: 'back' }} Outcome
 */

/**
 * @param {Claim} claim
 * @returns {Record | undefined} undefined where nothing of it waits
 */
function readClaim(claim) {
  const waiting = claim.changes.filter((change) => !change.isDead);
  if (waiting.length === 0) return undefined;
  const deadRow = claim.changes.find((change) => change.isDead);
  return {
    claim,
    waiting,
    deadRow,
    input: merged(waiting.map(fieldsOf)),
    deadInput: deadRow === undefined ? undefined : fieldsOf(deadRow),
  };
}

/** @param {Claim['changes'][number]} change */
function fieldsOf({ payload, error }) {
  if (payload === null) throw error;
  return JSON.parse(payload);
}

/**
 * @param {Record} record
 * @param {Outcome} outcome
 * @returns {Settlement}
 */
function settlementOf(record, outcome) {
  const { claim, waiting, deadRow, input, deadInput } = record;
  const { entity, externalId, attempts } = claim;
  const ids = waiting.map(({ id }) => id);
  const [first, ...rest] = ids;
  /** @param {string} id @param {any} fields @param {any} dead */
  const rewritten = (id, fields, dead) => ({
    id,
    payload: JSON.stringify(fields),
    needs: needsOf(fields),
    dead,
  });
  switch (outcome.status) {
    case 'delivered':
      return {
        entity,
        externalId,
        remove: ids,
        rewrite:
          deadRow === undefined ? [] : [rewritten(deadRow.id, merged([deadInput, input]), null)],
        lane: null,
      };
    case 'dead': {
      const all = deadRow === undefined ? [input] : [deadInput, input];
      const info = { error: outcome.error, attempts: attempts + 1 };
      return {
        entity,
        externalId,
        remove: deadRow === undefined ? rest : [...rest, deadRow.id],
        rewrite: [rewritten(first, merged(all), info)],
        lane: null,
      };
    }
    case 'late':
      return {
        entity,
        externalId,
        remove: rest,
        rewrite: rest.length === 0 ? [] : [rewritten(first, input, null)],
        lane: { attempts: attempts + 1, delayMs: outcome.delayMs },
      };
    case 'back':
      return { entity, externalId, remove: [], rewrite: [], lane: { attempts, delayMs: 0 } };
  }
}

module.exports = { readClaim, settlementOf };
