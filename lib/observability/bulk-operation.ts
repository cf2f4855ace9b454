import type { SyncWarning } from '../../index.js';
import type { Unchecked } from '../serialise.js';
import { channels } from './channels.js';
import type { Hooks } from './hooks.js';
import { log } from './log.js';
import { shownReason } from './operation.js';

/** Reports a run at its beginning and end, never for each record. */
class BulkOperation {
  #hooks;
  #facts;
  #startTimeMs = 0;
  #startedMs = 0;
  #isEnded = false;
  #failuresByCode: Record<string, number> = {};
  #warningsByReason: Record<string, number> = {};

  constructor(hooks: Hooks | undefined, entity: 'person' | 'company', operationId: number) {
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

  add(failuresByCode: Record<string, number>, warnings: SyncWarning[]) {
    for (const [code, number] of Object.entries(failuresByCode)) {
      count(this.#failuresByCode, code, number);
    }
    for (const { field, reason } of warnings) {
      count(this.#warningsByReason, `${field}/${reason}`, 1);
    }
  }

  end(outcome: 'done' | 'failed' | 'stopped', counts: Record<string, number>, error?: unknown) {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { entity } = this.#facts;
    const facts = {
      ...counts,
      ...(outcome === 'failed' && { code: shownReason((error as Unchecked)?.code) }),
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

function count(counts: Record<string, number>, name: string, number: number) {
  counts[name] = (counts[name] ?? 0) + number;
}

function listed(counts: Record<string, number>) {
  const parts = Object.entries(counts).map(([name, number]) => `${name}:${number}`);
  return parts.length === 0 ? undefined : parts.join(' ');
}

export { BulkOperation };
