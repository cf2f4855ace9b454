// This package, or another build of it.
import * as ours from '../../index.mjs';

/** @typedef {typeof ours} Package */

/** @param {Package} build @returns {import('./index.mjs').Open} */
export const openWith =
  ({ createTwentyCrmSyncService, TwentyCrmRestClient }) =>
  (config) => {
    const service = createTwentyCrmSyncService(config);
    const client = new TwentyCrmRestClient(config);
    return {
      upsertMany: (inputs, maxConcurrency) => service.upsertManyPersons(inputs, { maxConcurrency }),
      upsertEach: (inputs) => Promise.all(inputs.map((input) => service.upsertPerson(input))),
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
  };

export const open = openWith(ours);
