// An ES-module application. Prints its results as JSON.
import assert from 'node:assert/strict';
import * as native from 'twenty-crm-native';
import {
  createTwentyCrmSyncService,
  TwentyCrmApiService,
  TwentyCrmErrorCode,
} from 'twenty-crm-native';

const { baseUrl, apiKey } = JSON.parse(process.argv[2]);
assert.equal(native.TwentyCrmErrorCode, TwentyCrmErrorCode);
const service = createTwentyCrmSyncService({ baseUrl, apiKey });
const run = service.syncPersons([
  { external_id: 'esm_1', name: 'Module One', email: 'one@esm.example' },
  { external_id: 'esm_2', name: 'Module Two', email: 'two@esm.example' },
]);
const statuses = [];
for await (const { status } of run) statuses.push(status);
const { ok } = await new TwentyCrmApiService().testConnection(baseUrl, apiKey);
console.log(JSON.stringify({ statuses, ok }));
