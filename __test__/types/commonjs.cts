// The same package through `require`: the same names, the same types. Compiled, never run.
import crm = require('twenty-crm-native');

export const service: crm.TwentyCrmSyncService = crm.createTwentyCrmSyncService({
  baseUrl: 'https://crm.example.com',
  apiKey: 'key',
});
export const code: crm.TwentyCrmErrorCode = crm.TwentyCrmErrorCode.TIMEOUT;
// @ts-expect-error: there is no default export to be had by name
export const none = crm.default;
