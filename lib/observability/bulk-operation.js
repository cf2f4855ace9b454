'use strict';

const { channels } = require('./channels.js');
const { log } = require('./log.js');
const { shownReason } = require('./operation.js');

/** @typedef {import('./hooks.js').Hooks} Hooks */

/** Told of at its begin and its end: never for each record. */
class BulkOperation {
  #hooks;
  #facts;
  #startTimeMs = 0;
  #startedMs = 0;
  #isEnded = false;
  /** @type {Record<string, number>} */
  #failuresByCode = {};
  /** @type {Record<string, number>} */
  #warningsByReason = {};

  /**
   * @param {Hooks | undefined} hooks
   * @param {'person' | 'company'} entity
   * @param {number} operationId
   */
  constructor(hooks, entity, operationId) {
    this.#hooks = hooks;
    this.#facts = { operationId, entity };
  }

  start() {
    this.#startTimeMs = Date.now();
    this.#startedMs = performance.now();
    const { start } = channels.bulk;
    if (start.hasSubscribers) start.publish({ ...this.#facts, startTimeMs: this.#startTimeMs });
    log(this.#hooks, 'info', `bulk upsert of ${this.#facts.entity} begins`, {});
  }

  /**
   * @param {Record<string, number>} failuresByCode
   * @param {import('../../index.js').SyncWarning[]} warnings
   */
  add(failuresByCode, warnings) {
    for (const [code, number] of Object.entries(failuresByCode)) {
      count(this.#failuresByCode, code, number);
    }
    for (const { field, reason } of warnings) {
      count(this.#warningsByReason, `${field}/${reason}`, 1);
    }
  }

  /**
   * @param {'done' | 'failed' | 'stopped'} outcome
   * @param {Record<string, number>} counts
   * @param {any} [error]
   */
  end(outcome, counts, error) {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { entity } = this.#facts;
    const facts = {
      ...counts,
      ...(outcome === 'failed' && { code: shownReason(error?.code) }),
      durationMs: performance.now() - this.#startedMs,
    };
    const { end } = channels.bulk;
    const failuresByCode = this.#failuresByCode;
    const warningsByReason = this.#warningsByReason;
    if (end.hasSubscribers) {
      const startTimeMs = this.#startTimeMs;
      const event = { ...this.#facts, startTimeMs, outcome, ...facts };
      end.publish({ ...event, failuresByCode, warningsByReason });
    }
    const isBad = outcome === 'failed' || counts.failed > 0;
    const level = isBad ? 'error' : counts.warnings > 0 ? 'warn' : 'info';
    log(this.#hooks, level, `bulk upsert of ${entity} ${outcome}`, {
      ...facts,
      failures: listed(failuresByCode),
      warnings: listed(warningsByReason) ?? counts.warnings,
    });
  }
}

/** @param {Record<string, number>} counts @param {string} name @param {number} number */
function count(counts, name, number) {
  counts[name] = (counts[name] ?? 0) + number;
}

/** @param {Record<string, number>} counts */
function listed(counts) {
  const parts = Object.entries(counts).map(([name, number]) => `${name}:${number}`);
  return parts.length === 0 ? undefined : parts.join(' ');
}

module.exports = { BulkOperation };
