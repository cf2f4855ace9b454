import type { FailedRecord, TwentyCrmError } from '../../index.js';
import { isApiError } from '../errors.js';
import type { Unchecked } from '../serialise.js';

/** The result of a record that was not stored. */
function failed(record: unknown, error: unknown): FailedRecord {
  let externalId = '';
  try {
    const given = (record as Unchecked)?.external_id;
    if (typeof given === 'string') externalId = given;
  } catch {
    // A getter that throws: the record has no id.
  }
  const plain = isApiError(error) ? error.toJSON() : (error as TwentyCrmError);
  return { status: 'failed', externalId, error: plain, warnings: [] };
}

export { failed };
