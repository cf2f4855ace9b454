import type { UpsertResult } from '../../index.js';
import { apiError, TwentyCrmErrorCode } from '../errors.js';
import { BulkRun } from './run.js';

async function collect<T>(run: BulkRun<T>): Promise<UpsertResult<T>[]> {
  const results = await BulkRun.collect(run);
  const failures = results.filter((result) => result.status === 'failed').length;
  if (failures > 0) {
    const first = results.find((result) => result.status === 'failed')?.error;
    throw apiError(
      TwentyCrmErrorCode.OPERATION_FAILED,
      `${failures} of ${results.length} records were not stored (details.results has the result of every record); the first error: ${first?.message}`,
      {
        isRetryable: results.some((result) => result.error?.isRetryable === true),
        details: { reason: 'PARTIAL_FAILURE', failed: failures, results },
      },
    );
  }
  return results.map(({ status, externalId, id, data }) => ({
    id: id as string,
    externalId,
    created: status === 'created',
    updated: status === 'created' || status === 'updated',
    data: data as T,
  }));
}

export { collect };
