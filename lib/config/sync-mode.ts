import type { TwentyCrmSyncMode } from '../../index.js';
import { invalid } from '../serialise.js';

/** The three modes, as the template's form lists them. */
const SYNC_MODE_VALUES: readonly ['disabled', 'platform', 'direct_crm'] = Object.freeze([
  'disabled',
  'platform',
  'direct_crm',
] as const);

const isSyncMode = (value: unknown): value is TwentyCrmSyncMode =>
  SYNC_MODE_VALUES.includes(value as TwentyCrmSyncMode);

function readMode(mode: unknown): TwentyCrmSyncMode {
  if (mode === undefined || mode === null) return 'direct_crm';
  if (isSyncMode(mode)) return mode;
  throw invalid('mode', `mode must be one of ${SYNC_MODE_VALUES.join(', ')}`);
}

export { isSyncMode, readMode, SYNC_MODE_VALUES };
