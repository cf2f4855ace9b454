'use strict';

const { merged } = require('./change.js');

/** @typedef {import('../../index.js').OutboxDeadLetter} DeadLetter */

/**
 * The name of a record and of its dead letter: it has one at most.
 * @param {{ entity: string, externalId: string }} record
 */
function idOf({ entity, externalId }) {
  return `${entity}:${externalId}`;
}

/**
 * @param {unknown} id
 * @returns {{ entity: import('../../index.js').OutboxEntity, externalId: string } | undefined}
 */
function parseId(id) {
  if (typeof id !== 'string') return undefined;
  const [, entity, externalId] = /^(person|company):(.+)$/s.exec(id) ?? [];
  if (externalId === undefined) return undefined;
  return { entity: /** @type {any} */ (entity), externalId };
}

/**
 * A record that is given up at this moment.
 * @param {import('./settlement.js').Record} record
 * @param {import('../../index.js').TwentyCrmError} error
 */
function deadLetterNow({ claim, input, deadInput, waiting }, error) {
  return deadLetter({
    entity: claim.entity,
    externalId: claim.externalId,
    input: merged([deadInput ?? {}, input]),
    error,
    attempts: claim.attempts + 1,
    enqueuedAt: waiting[0].enqueuedAt,
    deadAt: Date.now(),
  });
}

/**
 * One that was given up before.
 * @param {import('../../index.js').StoredDeadLetter} stored
 */
function deadLetterOf({ payload, info, error, ...row }) {
  return deadLetter({
    ...row,
    input: payload === null ? null : JSON.parse(payload),
    error: info?.error ?? error,
    attempts: info?.attempts ?? 0,
  });
}

/**
 * @param {any} facts
 * @returns {DeadLetter}
 */
function deadLetter({ entity, externalId, input, error, attempts, enqueuedAt, deadAt }) {
  const field = error?.details?.field;
  return {
    id: idOf({ entity, externalId }),
    entity,
    externalId,
    input,
    error,
    ...(typeof field === 'string' && { field }),
    attempts,
    enqueuedAt: new Date(enqueuedAt),
    failedAt: new Date(deadAt),
  };
}

module.exports = { deadLetterNow, deadLetterOf, idOf, parseId };
