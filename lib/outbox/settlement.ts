import type {
  OutboxClaim as Claim,
  OutboxDeadInfo,
  OutboxSettlement as Settlement,
  TwentyCrmError,
} from '../../index.js';
import type { Fields } from './change.js';
import { merged, needsOf } from './change.js';

/**
 * A claimed record with its changes. `dead` is its dead letter, which is not sent. What is sent instead is noted in it,
 * so that retrying the dead letter later does not restore old values.
 */
export interface Record {
  claim: Claim;
  waiting: Claim['changes'];
  deadRow: Claim['changes'][number] | undefined;
  /** what is sent */
  input: Fields;
  deadInput: Fields | undefined;
}

/** The outcome of a record. `late`: retry after `delayMs`. `back`: as if it had not been claimed. */
export type Outcome =
  | { status: 'delivered' }
  | { status: 'dead'; error: TwentyCrmError }
  | { status: 'late'; delayMs: number }
  | { status: 'back' };

/** @returns undefined if the record has no waiting changes */
function readClaim(claim: Claim): Record | undefined {
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

function fieldsOf({ payload, error }: Claim['changes'][number]): Fields {
  if (payload === null) throw error;
  return JSON.parse(payload);
}

function settlementOf(record: Record, outcome: Outcome): Settlement {
  const { claim, waiting, deadRow, input, deadInput } = record;
  const { entity, externalId, attempts } = claim;
  const ids = waiting.map(({ id }) => id);
  const [first, ...rest] = ids;
  const rewritten = (id: string, fields: Fields, dead: OutboxDeadInfo | null) => ({
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
          deadRow === undefined
            ? []
            : [rewritten(deadRow.id, merged([deadInput ?? {}, input]), null)],
        lane: null,
      };
    case 'dead': {
      const all = deadRow === undefined ? [input] : [deadInput ?? {}, input];
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

export { readClaim, settlementOf };
