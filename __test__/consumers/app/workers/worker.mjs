import { parentPort, workerData } from 'node:worker_threads';
import { createTwentyCrmSyncService } from 'twenty-crm-native';

const service = createTwentyCrmSyncService(workerData);
parentPort.on('message', async (record) => {
  if (record === null) {
    parentPort.close();
    return;
  }
  const { id, created } = await service.upsertCompany(record);
  parentPort.postMessage({ id, created });
});
