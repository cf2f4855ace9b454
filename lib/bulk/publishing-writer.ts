import type { UpsertResult } from '../../index.js';
import { isApiError } from '../errors.js';
import { failed } from './result.js';
import type { Result, Writer } from './run.js';

/** The writer of platform mode: each record becomes one event. */
function publishingWriter<T>(
  upsert: (record: unknown) => Promise<UpsertResult<T>>,
  entity: 'person' | 'company',
): Writer<T> {
  return {
    entity,
    requests: () => 0,
    async write(records) {
      const results: Result<T>[] = [];
      for (const record of records) {
        try {
          const { id, externalId, data } = await upsert(record);
          results.push({ status: 'published', externalId, id, data, warnings: [] });
        } catch (error) {
          if (!isApiError(error)) throw error;
          results.push(failed(record, error));
        }
      }
      return results;
    },
  };
}

export { publishingWriter };
