import type { PlatformEvent } from '../index.js';
import type { Unchecked } from './serialise.js';
import { describe, ENTITIES, invalid } from './serialise.js';

const ACTIONS = ['upsert', 'delete'] as const;

const VERSION = 1;

function createEvent(
  entity: 'person' | 'company',
  action: 'upsert' | 'delete',
  payload: PlatformEvent['payload'],
  namespace: string | undefined,
): PlatformEvent {
  const id = globalThis.crypto.randomUUID();
  return {
    version: VERSION,
    id,
    type: `${entity}.${action}`,
    entity,
    payload,
    ...(namespace !== undefined && { namespace }),
    // One id per change, not per content: a queue that deduplicates must not drop a change back to an earlier value.
    idempotencyKey: `twenty-crm:${entity}.${action}:${id}`,
    occurredAt: new Date().toISOString(),
    // To the compiler, any entity could come with any payload here.
  } as PlatformEvent;
}

/**
 * The kind, the action and the input of an event that a consumer received.
 * @param namespace the service's own
 */
function readEvent(event: unknown, namespace: string | undefined) {
  if (typeof event !== 'object' || event === null) {
    throw invalid('event', 'the event must be an object: parse its JSON text first');
  }
  const { version, id, type, entity, payload, idempotencyKey, occurredAt, ...rest } = copyOf(event);
  if (version !== VERSION) {
    throw invalid(
      'version',
      `the event's version must be ${VERSION}: a newer version of twenty-crm-native may have made it`,
    );
  }
  const kind = ENTITIES.indexOf(entity as PlatformEvent['entity']);
  if (kind < 0) throw invalid('entity', "the event's entity must be person or company");
  const action = ACTIONS.find((name) => type === `${entity}.${name}`);
  if (action === undefined) {
    const types = ACTIONS.map((name) => `${entity}.${name}`).join(' or ');
    throw invalid('type', `the event's type must be ${types}`);
  }
  for (const [field, value] of Object.entries({ id, idempotencyKey })) {
    if (typeof value !== 'string' || value.trim() === '') {
      throw invalid(field, `the event's ${field} must be a non-blank string`);
    }
  }
  if (typeof occurredAt !== 'string' || Number.isNaN(Date.parse(occurredAt))) {
    throw invalid('occurredAt', "the event's occurredAt must be a date as an ISO 8601 string");
  }
  const other = rest.namespace ?? undefined;
  if (other !== undefined && typeof other !== 'string') {
    throw invalid('namespace', "the event's namespace must be a string");
  }
  if (other !== namespace) {
    throw invalid(
      'namespace',
      `the event has namespace ${other ?? '(none)'}, but this service has ${namespace ?? '(none)'}: ` +
        'its record would get another id',
    );
  }
  return { kind, action, payload: payload as Unchecked };
}

function copyOf(event: object): Record<string, unknown> {
  try {
    return { ...event };
  } catch (cause) {
    throw invalid('event', `the event cannot be read: ${describe(cause)}`, cause);
  }
}

export { createEvent, readEvent };
