import type { SyncOptions, SyncProgress, SyncWarning } from '../../index.js';
import type { SyncService } from '../../native.js';
import { TWENTY_CRM_DEFAULTS } from '../defaults.js';
import { callNow, takeCallId } from '../dispatcher.js';
import type { Elsewhere } from '../modes.js';
import { cannot } from '../modes.js';
import { callHook } from '../observability/call-hook.js';
import type { Hooks } from '../observability/hooks.js';
import { bulkOperationOf } from '../observability/operations.js';
import { optionSchema } from '../option-schema.js';
import { optionsToJson, readOptions, readSignal, requireKnown } from '../options.js';
import { ENTITIES, invalid } from '../serialise.js';
import { requireIterable } from './inputs.js';
import { nativeWriter } from './native-writer.js';
import { publishingWriter } from './publishing-writer.js';
import { BulkRun } from './run.js';

/** Method names by the entity's number. */
const METHODS = ['syncPersons', 'syncCompanies'] as const;

const OPTIONS = optionSchema<SyncOptions>({
  useCache: 'core',
  force: 'core',
  maxConflictRetries: 'core',
  conflictRetryDelay: 'core',
  dryRun: 'core',
  verifyUnchanged: 'core',
  maxConcurrency: 'core',
  onProgress: 'here',
  signal: 'here',
});

/**
 * Chunks that are read ahead of those being written: one look-up serves up to ten of them, while the next ten are read.
 */
const READ_AHEAD_CHUNKS = 20;

/** What a run needs from its service. */
export interface BulkService {
  native: SyncService;
  onWarning: ((warning: SyncWarning) => void) | undefined;
  hooks: Hooks | undefined;
  /** where changes go in modes other than `direct_crm` */
  elsewhere?: Elsewhere;
}

function startBulk<T>(
  service: BulkService,
  kind: number,
  inputs: unknown,
  options: SyncOptions | null | undefined,
): BulkRun<T> {
  const { elsewhere, onWarning, hooks } = service;
  const entity = ENTITIES[kind];
  requireIterable(inputs);
  requireKnown(METHODS[kind], options, OPTIONS.known);
  const signal = readSignal(options);
  const { onProgress } = readOptions('options', options ?? undefined, ['onProgress']);
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalid('onProgress', 'onProgress must be a function');
  }
  const operationId = takeCallId();
  const settings = {
    maxConcurrency: readMaxConcurrency(options),
    readAhead: 0,
    onProgress: onProgress as ((progress: SyncProgress) => unknown) | undefined,
    signal,
    operation: bulkOperationOf(hooks, entity, operationId),
    holds: hooks,
    warn: (warning: SyncWarning) => {
      if (onWarning !== undefined) callHook('onWarning', onWarning, [warning]);
    },
  };
  if (elsewhere !== undefined) {
    if (elsewhere.mode === 'disabled') throw cannot(elsewhere.mode);
    const publish = (record: unknown) => elsewhere.upsert<T>(kind, record, options);
    return new BulkRun(publishingWriter<T>(publish, entity), inputs, settings);
  }
  const optionsJson = optionsToJson(readOptions('options', options ?? undefined, OPTIONS.core));
  const run = callNow(() => service.native.bulk(operationId, kind, optionsJson ?? '{}'));
  return new BulkRun(nativeWriter<T>(run, entity, signal), inputs, {
    ...settings,
    readAhead: READ_AHEAD_CHUNKS,
  });
}

function readMaxConcurrency(options: unknown): number {
  const { maxConcurrency } = readOptions('options', options ?? undefined, ['maxConcurrency']);
  if (maxConcurrency === undefined) return TWENTY_CRM_DEFAULTS.maxConcurrency;
  const count = maxConcurrency as number;
  if (!Number.isInteger(count) || count < 1 || count > 64) {
    throw invalid('maxConcurrency', 'maxConcurrency must be a whole number from 1 to 64');
  }
  return count;
}

export { startBulk };
