import type {
  OutboxDeadLetter as DeadLetter,
  OutboxEntity,
  OutboxRecordKey,
  StoredDeadLetter,
  TwentyCrmError,
} from '../../index.js';
import { merged } from './change.js';
import type { Record } from './settlement.js';

/** The id of a record and of its dead letter: a record has at most one. */
function idOf({ entity, externalId }: { entity: string; externalId: string }) {
  return `${entity}:${externalId}`;
}

function parseId(id: unknown): { entity: OutboxEntity; externalId: string } | undefined {
  if (typeof id !== 'string') return undefined;
  const [, entity, externalId] = /^(person|company):(.+)$/s.exec(id) ?? [];
  if (externalId === undefined) return undefined;
  return { entity: entity as OutboxEntity, externalId };
}

/** A record that becomes a dead letter now. */
function deadLetterNow({ claim, input, deadInput, waiting }: Record, error: TwentyCrmError) {
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

/** An existing dead letter. */
function deadLetterOf({ payload, info, error, ...row }: StoredDeadLetter) {
  return deadLetter({
    ...row,
    input: payload === null ? null : JSON.parse(payload),
    error: info?.error ?? error,
    attempts: info?.attempts ?? 0,
  });
}

interface Found extends OutboxRecordKey {
  input: unknown;
  error: TwentyCrmError | null | undefined;
  attempts: number;
  enqueuedAt: number;
  deadAt: number;
}

function deadLetter({
  entity,
  externalId,
  input,
  error,
  attempts,
  enqueuedAt,
  deadAt,
}: Found): DeadLetter {
  const field = error?.details?.field;
  return {
    id: idOf({ entity, externalId }),
    entity,
    externalId,
    input: input as DeadLetter['input'],
    error: error as TwentyCrmError,
    ...(typeof field === 'string' && { field }),
    attempts,
    enqueuedAt: new Date(enqueuedAt),
    failedAt: new Date(deadAt),
  };
}

export { deadLetterNow, deadLetterOf, idOf, parseId };
