// The rest of the API, as the template's own services call it.
import {
  DEFAULT_INITIAL_BACKOFF_MS,
  DEFAULT_MAX_BACKOFF_MS,
  DEFAULT_MAX_RETRIES,
  DEFAULT_TIMEOUT,
  MAX_JITTER_MS,
  RETRYABLE_STATUS_CODES,
} from '@/lib/config/twenty-crm.config';
import { ensureExternalId, extractCityFromLocation } from '@/lib/mappers/twenty-crm.mapper';
import {
  type IntegrationMappingRepository,
  integrationMappingRepository,
} from '@/lib/repositories/integration-mapping.repository';
import { TwentyCrmRestClient } from '@/lib/services/twenty-crm-rest-client.service';
import { TwentyCrmSyncService } from '@/lib/services/twenty-crm-sync.service';
import { createTwentyCrmSyncService } from '@/lib/services/twenty-crm-sync-factory';
import type {
  TwentyCrmClientConfig,
  TwentyCrmResponse,
  TwentyCrmSyncMode,
} from '@/lib/types/twenty-crm-config.types';
import type { TwentyCompany, TwentyPerson } from '@/lib/types/twenty-crm-entities.types';
import {
  createTwentyCrmError,
  type TwentyCrmError,
  TwentyCrmErrorCode,
} from '@/lib/types/twenty-crm-errors.types';
import type {
  AnyCacheEntry,
  CompanyCacheEntry,
  PersonCacheEntry,
  UpsertResult,
} from '@/lib/types/twenty-crm-sync.types';
import {
  maskApiKey,
  SYNC_MODE_VALUES,
  type ValidatedTwentyCrmConfigUpdate,
} from '@/lib/utils/twenty-crm-validation';

export function shouldRetry(status: number | undefined, attempt: number): boolean {
  return (
    attempt <= DEFAULT_MAX_RETRIES &&
    !!status &&
    RETRYABLE_STATUS_CODES.includes(status as (typeof RETRYABLE_STATUS_CODES)[number])
  );
}

export const backoff = (attempt: number): number =>
  Math.min(
    DEFAULT_INITIAL_BACKOFF_MS * 2 ** attempt + Math.random() * MAX_JITTER_MS,
    DEFAULT_MAX_BACKOFF_MS,
  );

export const modes: readonly TwentyCrmSyncMode[] = SYNC_MODE_VALUES;

export const shown = ({ baseUrl, apiKey }: ValidatedTwentyCrmConfigUpdate): string =>
  `${baseUrl} ${maskApiKey(apiKey)}`;

export function entry(type: 'person' | 'company', crmId: string): AnyCacheEntry {
  const person: PersonCacheEntry = { type: 'person', crmId, externalId: 'a', cachedAt: Date.now() };
  const company: CompanyCacheEntry = { ...person, type: 'company' };
  return type === 'person' ? person : company;
}

export async function everything(config: TwentyCrmClientConfig) {
  const restClient = new TwentyCrmRestClient({
    timeout: DEFAULT_TIMEOUT,
    maxRetries: 0,
    ...config,
  });
  const repository: IntegrationMappingRepository = integrationMappingRepository;
  const service = new TwentyCrmSyncService(restClient, repository, 5 * 60 * 1000);
  const persons: UpsertResult<TwentyPerson>[] = await service.upsertManyPersons([
    { external_id: 'many-1', name: 'Many One', email: 'one@many.example' },
  ]);
  const companies: UpsertResult<TwentyCompany>[] = await service.upsertManyCompanies([
    { external_id: 'many-2', name: 'Many Two', website: null },
  ]);
  const none = await createTwentyCrmSyncService(config, 60_000).upsertManyPersons([]);

  const read: TwentyCrmResponse<Record<string, unknown>> = await restClient.get<
    Record<string, unknown>
  >('/rest/people?limit=1', { skipRetry: true });
  const missing = await restClient.get<{ data: unknown }>('/rest/people/none', { timeout: 5000 });
  const error: TwentyCrmError = missing.success
    ? createTwentyCrmError(TwentyCrmErrorCode.UNKNOWN, 'found', { status: 200, details: {} })
    : missing.error;
  const path = `/rest/companies/${companies[0]?.id}`;
  const put = await restClient.put<TwentyCompany>(path, { name: 'Two' }, { idempotencyKey: 'k' });
  const posted = await restClient.post('/rest/companies', { name: 'Posted' });
  const gone = await restClient.delete<unknown>(path, { headers: { 'x-reason': 'test' } });
  return {
    persons,
    companies,
    none,
    read: read.success,
    error,
    wrote: [put.success, posted.success, gone.success],
    id: ensureExternalId(' id ', 'ClientProfile'),
    city: extractCityFromLocation('Lyon, France'),
  };
}
