'use strict';

const { channels } = require('./channels.js');
const { log, shownId } = require('./log.js');

/**
 * @typedef {import('./hooks.js').Hooks} Hooks
 * @typedef {import('../dispatcher.js').Answer} Answer
 */

class Operation {
  #name;
  #hooks;
  #facts;
  #startTimeMs = 0;
  #startedMs = 0;

  /**
   * @param {'upsert' | 'find' | 'delete'} name
   * @param {Hooks | undefined} hooks
   * @param {'person' | 'company'} entity
   * @param {string} keyJson JSON text of an object with `external_id`
   */
  constructor(name, hooks, entity, keyJson) {
    this.#name = name;
    this.#hooks = hooks;
    this.#facts = { operationId: 0, entity, externalId: shownId(JSON.parse(keyJson).external_id) };
  }

  /** @param {number} id */
  start(id) {
    this.#facts.operationId = id;
    this.#startTimeMs = Date.now();
    this.#startedMs = performance.now();
    const channel = channels[this.#name].start;
    if (channel.hasSubscribers) {
      channel.publish({ ...this.#facts, startTimeMs: this.#startTimeMs });
    }
  }

  /** @param {Answer} answer */
  end(answer) {
    if (!answer.ok) {
      const { code, status, details } = answer.error;
      this.#tell({ outcome: 'failed', code, status, reason: shownReason(details?.reason) });
      return;
    }
    const { result, warnings } = JSON.parse(answer.text);
    this.#tell({ outcome: outcomeOf(this.#name, result), warnings: warnings?.length ?? 0 });
  }

  abort() {
    this.#tell({ outcome: 'aborted' });
  }

  /** @param {Record<string, unknown>} outcome */
  #tell(outcome) {
    const event = {
      ...this.#facts,
      startTimeMs: this.#startTimeMs,
      durationMs: performance.now() - this.#startedMs,
      ...outcome,
    };
    const channel = channels[this.#name].end;
    if (channel.hasSubscribers) channel.publish(event);
    const { entity, externalId, durationMs } = event;
    log(
      this.#hooks,
      outcome.outcome === 'failed' ? 'error' : 'debug',
      `${this.#name} of ${entity} ${outcome.outcome}`,
      { externalId, ...outcome, outcome: undefined, durationMs },
    );
  }
}

/**
 * @param {string} name
 * @param {any} result
 */
function outcomeOf(name, result) {
  if (name === 'find') return result === null ? 'absent' : 'found';
  if (name === 'delete') return result.deleted ? 'deleted' : 'absent';
  return result.created ? 'created' : result.updated ? 'updated' : 'unchanged';
}

/** A machine-readable reason; a server's own could be anything. @param {unknown} reason */
function shownReason(reason) {
  return typeof reason === 'string' && /^[A-Z0-9_]{1,48}$/.test(reason) ? reason : undefined;
}

module.exports = { Operation, shownReason };
