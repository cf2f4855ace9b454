import type { OutboxChange as Change, OutboxEntity as Entity } from '../../index.js';
import { callNow, dispatcher } from '../dispatcher.js';
import { native } from '../native.js';
import { optionsToJson } from '../options.js';
import { recordToJson } from '../serialise.js';
import { optionsJsonOf } from '../sync-service.js';

export type Fields = Record<string, unknown>;

/** Numbers by which the core knows the entities. */
const KINDS = { person: 0, company: 1 };

/**
 * Checks inputs as the service itself would, so that what is refused is refused before it is stored.
 * @param service If it is one of this package, its options hold; if not, the defaults and `ownOptions` do.
 */
function createReader(
  service: unknown,
  ownOptions: { invalidEmail: unknown; missingEmail: unknown },
): (entity: Entity, input: unknown) => Change {
  const own = optionsJsonOf(service as object);
  const options = own ?? optionsToJson({ ...ownOptions }) ?? '{}';
  const checker = callNow(() => new native.UnsentService(options, dispatcher));
  return (entity, input) => {
    const json = recordToJson(entity, input);
    const { data }: { data: Fields & { external_id: string } } = JSON.parse(
      callNow(() => checker.normalise(KINDS[entity], json)),
    );
    return toChange(entity, data);
  };
}

/** @param data the checked input */
function toChange(entity: Entity, data: Fields & { external_id: string }): Change {
  return {
    entity,
    externalId: data.external_id,
    needs: needsOf(data),
    payload: JSON.stringify(data),
  };
}

function needsOf(data: Fields): string | null {
  return typeof data.company_external_id === 'string' ? data.company_external_id : null;
}

/**
 * Changes of one record as one: a field that is not there leaves what came before, `null` clears.
 * @param changes oldest first
 */
function merged(changes: Fields[]): Fields {
  // Not through an object literal: a field called __proto__ is a field like any other, and here there is none.
  return Object.assign({}, ...changes);
}

export { createReader, merged, needsOf };
