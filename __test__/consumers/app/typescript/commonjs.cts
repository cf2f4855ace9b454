// The same as a CommonJS module.
import crm = require('twenty-crm-native');

const service: crm.TwentyCrmSyncService = crm.createTwentyCrmSyncService(
  { baseUrl: 'https://crm.example.com', apiKey: '0123456789' },
  60_000,
);
const size: number = service.getCacheStats().size;
export = size;
