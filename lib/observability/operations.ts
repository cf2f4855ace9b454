import { channels } from './channels.js';
import type { Hooks } from './hooks.js';
import { logs } from './hooks.js';

/**
 * Returns undefined, after two look-ups, if nobody listens.
 * @param keyJson JSON text of an object with `external_id`
 */
function operationOf(
  name: 'upsert' | 'find' | 'delete',
  hooks: Hooks | undefined,
  entity: 'person' | 'company',
  keyJson: string,
) {
  if (!isWatched(name, hooks)) return undefined;
  const { Operation } = require('./operation.js') as typeof import('./operation.js');
  return new Operation(name, hooks, entity, keyJson);
}

function isWatched(name: 'upsert' | 'find' | 'delete' | 'bulk', hooks: Hooks | undefined) {
  const { start, end } = channels[name];
  return start.hasSubscribers || end.hasSubscribers || logs(hooks, 'error');
}

/** As {@link operationOf}, for a bulk run. */
function bulkOperationOf(hooks: Hooks | undefined, entity: 'person' | 'company', id: number) {
  if (!isWatched('bulk', hooks)) return undefined;
  const { BulkOperation } = require('./bulk-operation.js') as typeof import('./bulk-operation.js');
  return new BulkOperation(hooks, entity, id);
}

export { bulkOperationOf, operationOf };
