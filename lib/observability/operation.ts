import type { Answer } from '../dispatcher.js';
import { channels } from './channels.js';
import type { Hooks } from './hooks.js';
import { log, shownId } from './log.js';

class Operation {
  #name;
  #hooks;
  #facts;
  #startTimeMs = 0;
  #startedMs = 0;

  /** @param keyJson JSON text of an object with `external_id` */
  constructor(
    name: 'upsert' | 'find' | 'delete',
    hooks: Hooks | undefined,
    entity: 'person' | 'company',
    keyJson: string,
  ) {
    this.#name = name;
    this.#hooks = hooks;
    this.#facts = { operationId: 0, entity, externalId: shownId(JSON.parse(keyJson).external_id) };
  }

  start(id: number) {
    this.#facts.operationId = id;
    this.#startTimeMs = Date.now();
    this.#startedMs = performance.now();
    const channel = channels[this.#name].start;
    if (channel.hasSubscribers) {
      channel.publish({ ...this.#facts, startTimeMs: this.#startTimeMs });
    }
  }

  end(answer: Answer) {
    if (!answer.ok) {
      const { code, status, details } = answer.error;
      this.#tell({ outcome: 'failed', code, status, reason: shownReason(details?.reason) });
      return;
    }
    const { result, warnings }: { result: Done | null; warnings?: unknown[] } = JSON.parse(
      answer.text,
    );
    this.#tell({ outcome: outcomeOf(this.#name, result), warnings: warnings?.length ?? 0 });
  }

  abort() {
    this.#tell({ outcome: 'aborted' });
  }

  #tell(outcome: Record<string, unknown>) {
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

/** The core's answer, as far as it says what was done. */
interface Done {
  created?: boolean;
  updated?: boolean;
  deleted?: boolean;
}

function outcomeOf(name: string, result: Done | null) {
  if (name === 'find' || result === null) return result === null ? 'absent' : 'found';
  if (name === 'delete') return result.deleted ? 'deleted' : 'absent';
  return result.created ? 'created' : result.updated ? 'updated' : 'unchanged';
}

/** A machine-readable reason of ours; one from a server could contain anything. */
function shownReason(reason: unknown) {
  return typeof reason === 'string' && /^[A-Z0-9_]{1,48}$/.test(reason) ? reason : undefined;
}

export { Operation, shownReason };
