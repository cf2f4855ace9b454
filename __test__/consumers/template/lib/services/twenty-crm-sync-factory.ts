import {
  createTwentyCrmSyncService as create,
  createTwentyCrmSyncServiceFromEnv as createFromEnv,
  type TwentyCrmSyncService,
} from 'twenty-crm-native';
import { integrationMappingRepository as mappingStore } from '@/lib/repositories/integration-mapping.repository';
import type { TwentyCrmClientConfig } from '@/lib/types/twenty-crm-config.types';

export const createTwentyCrmSyncService = (
  config: TwentyCrmClientConfig,
  cacheTtlMs?: number,
): TwentyCrmSyncService => create(config, { cacheTtlMs, mappingStore });

export const createTwentyCrmSyncServiceFromEnv = (cacheTtlMs?: number): TwentyCrmSyncService =>
  createFromEnv({ cacheTtlMs, mappingStore });
