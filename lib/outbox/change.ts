import type { OutboxChange as Change, OutboxEntity as Entity } from '../../index.js';
import { callNow, dispatcher } from '../dispatcher.js';
import { native } from '../native.js';
import { optionsToJson } from '../options.js';
import { recordToJson } from '../serialise.js';
import { optionsJsonOf } from '../sync-service.js';

export type Fields = Record<string, unknown>;

/** The numbers that the core has for the entities. */
const KINDS = { person: 0, company: 1 };

/**
 * Validates inputs as the service would, so that a bad input is refused before it is stored.
 * @param service If it is a service of this package, its options apply; otherwise the defaults and `ownOptions` do.
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

/** @param data the validated input */
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
 * Merges the changes of one record: an absent field keeps the earlier value, `null` clears it.
 * @param changes oldest first
 */
function merged(changes: Fields[]): Fields {
  // Not an object literal with a spread: there, a field called `__proto__` would set the prototype.
  return Object.assign({}, ...changes);
}

export { createReader, merged, needsOf };
