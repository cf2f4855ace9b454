// This package.
import { createTwentyCrmSyncService, TwentyCrmRestClient } from '../../index.mjs';

/** @type {import('./index.mjs').Open} */
export function open(config) {
  const service = createTwentyCrmSyncService(config);
  const client = new TwentyCrmRestClient(config);
  return {
    upsertMany: (inputs, maxConcurrency) => service.upsertManyPersons(inputs, { maxConcurrency }),
    async sync(inputs, onProgress) {
      const summary = await service.syncPersons(inputs, {
        onProgress: ({ done }) => onProgress?.(done),
      });
      if (summary.failed > 0) throw new Error(`${summary.failed} records failed`);
      return summary;
    },
    async get(path) {
      const answer = await client.get(path);
      if (!answer.success) throw new Error(`GET ${path}: ${answer.error.message}`);
      return answer.data;
    },
  };
}
