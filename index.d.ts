// Mirrors the four files of the template's own `lib/types`.

// The values that exist at run time, and the types of each part of `lib/`.
export * from './types/abort-signal.js';
export * from './types/api-service.js';
export * from './types/bulk.js';
export * from './types/config.js';
export * from './types/config-store.js';
export * from './types/find-delete.js';
export * from './types/inputs.js';
export * from './types/mappers.js';
export * from './types/mapping-store.js';
export * from './types/observability.js';
export * from './types/outbox.js';
export * from './types/outbox-store.js';
export * from './types/platform-events.js';
export * from './types/reasons.js';
export * from './types/rest-client.js';
export * from './types/schema-service.js';
export * from './types/stores.js';
export * from './types/sync-service.js';
export * from './types/twenty-crm-config.types.js';
export * from './types/twenty-crm-entities.types.js';
export * from './types/twenty-crm-errors.types.js';
export * from './types/twenty-crm-sync.types.js';
export * from './types/values.js';
export * from './types/webhook.js';
