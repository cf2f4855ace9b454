// A CommonJS application. Prints its results as JSON.
const assert = require('node:assert/strict');
const crm = require('twenty-crm-native');

const { baseUrl, apiKey } = JSON.parse(process.argv[2]);

async function main() {
  const service = crm.createTwentyCrmSyncService({ baseUrl, apiKey });
  const company = await service.upsertCompany({ external_id: 'cjs_1', name: 'CommonJS Ltd' });
  await assert.rejects(service.upsertCompany({ external_id: 'cjs_2' }), (error) => {
    return error instanceof crm.TwentyCrmApiError && crm.isTwentyCrmError(error);
  });
  // Both module systems get the same instance of the package.
  const imported = await import('twenty-crm-native');
  assert.equal(imported.TwentyCrmApiError, crm.TwentyCrmApiError);
  assert.equal(typeof require('twenty-crm-native/package.json').version, 'string');
  console.log(JSON.stringify({ id: company.id, created: company.created }));
}

main();
