// An update of a company, with the messages of CRM errors.
import type { Company } from '@/lib/schema';
import type { TwentyCompany } from '@/lib/types/twenty-crm-entities.types';
import { isTwentyCrmError, TwentyCrmErrorCode } from '@/lib/types/twenty-crm-errors.types';
import type { UpsertOptions, UpsertResult } from '@/lib/types/twenty-crm-sync.types';

export async function PUT(request: Request): Promise<Response> {
  const company = (await request.json()) as Company;
  const { createTwentyCrmSyncServiceFromEnv } = await import(
    '@/lib/services/twenty-crm-sync-factory'
  );
  const { mapCompanyToTwentyCompany } = await import('@/lib/mappers/twenty-crm.mapper');
  const options: UpsertOptions = { useCache: true, maxConflictRetries: 3, conflictRetryDelay: 100 };
  try {
    const result: UpsertResult<TwentyCompany> =
      await createTwentyCrmSyncServiceFromEnv().upsertCompany(
        mapCompanyToTwentyCompany(company),
        options,
      );
    return Response.json({ success: true, data: company, crmId: result.id, crm: result.data });
  } catch (error) {
    if (!isTwentyCrmError(error)) throw error;
    const { code, message, status, isRetryable, details } = error;
    const isOurs = code === TwentyCrmErrorCode.VALIDATION_ERROR;
    return Response.json(
      { success: false, code, message, status, isRetryable, attempt: details?.attempt },
      { status: isOurs ? 400 : 502 },
    );
  }
}
