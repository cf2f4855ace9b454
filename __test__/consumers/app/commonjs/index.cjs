// An application of CommonJS modules. Prints what it found as JSON.
const assert = require('node:assert/strict');
const crm = require('twenty-crm-native');

const { baseUrl, apiKey } = JSON.parse(process.argv[2]);

async function main() {
  const service = crm.createTwentyCrmSyncService({ baseUrl, apiKey });
  const company = await service.upsertCompany({ external_id: 'cjs_1', name: 'CommonJS Ltd' });
  await assert.rejects(service.upsertCompany({ external_id: 'cjs_2' }), (error) => {
    return error instanceof crm.TwentyCrmApiError && crm.isTwentyCrmError(error);
  });
  // Both kinds of modules in one program have one and the same package.
  const imported = await import('twenty-crm-native');
  assert.equal(imported.TwentyCrmApiError, crm.TwentyCrmApiError);
  assert.equal(typeof require('twenty-crm-native/package.json').version, 'string');
  console.log(JSON.stringify({ id: company.id, created: company.created }));
}

main();
