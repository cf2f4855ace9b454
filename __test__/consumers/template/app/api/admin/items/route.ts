// A new item of a brand: the brand's company goes into the CRM. The cache TTL is an argument.
import { mapCompanyToTwentyCompany } from '@/lib/mappers/twenty-crm.mapper';
import type { Company } from '@/lib/schema';
import { createTwentyCrmSyncServiceFromEnv } from '@/lib/services/twenty-crm-sync-factory';

export async function POST(request: Request): Promise<Response> {
  const company = (await request.json()) as Company;
  const cacheTtlMs = parseInt(process.env.TWENTY_CRM_CACHE_TTL_MS || '300000', 10);
  const syncService = createTwentyCrmSyncServiceFromEnv(cacheTtlMs);
  await syncService.upsertCompany(mapCompanyToTwentyCompany(company));
  const { size, entries } = syncService.getCacheStats();
  const ages: Array<{ key: string; age: number }> = entries;
  const remembered = ages.find(({ key }) => key === `company:${company.id}`);
  syncService.clearCache();
  return Response.json({
    success: true,
    size,
    age: remembered?.age,
    after: syncService.getCacheStats().size,
  });
}
