import {
  createTwentyCrmSyncService as create,
  createTwentyCrmSyncServiceFromEnv as createFromEnv,
  type SyncWarning,
  type TwentyCrmSyncService,
} from 'twenty-crm-native';
import { integrationMappingRepository as mappingStore } from '@/lib/repositories/integration-mapping.repository';
import type { TwentyCrmClientConfig } from '@/lib/types/twenty-crm-config.types';

// Warnings: a value was left out or changed, because Twenty has no field for it or another record holds it.
const onWarning = ({ externalId, message }: SyncWarning) =>
  console.warn('[Twenty CRM]', externalId, message);

export const createTwentyCrmSyncService = (
  config: TwentyCrmClientConfig,
  cacheTtlMs?: number,
): TwentyCrmSyncService => create(config, { cacheTtlMs, mappingStore, onWarning });

export const createTwentyCrmSyncServiceFromEnv = (cacheTtlMs?: number): TwentyCrmSyncService =>
  createFromEnv({ cacheTtlMs, mappingStore, onWarning });
