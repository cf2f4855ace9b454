// An update of a client: its company first, then the client. The admin never gets an error of the CRM.
import type { ClientProfile, Company } from '@/lib/schema';

interface Saved {
  client: ClientProfile;
  company: Company | null;
}

export async function PUT(request: Request): Promise<Response> {
  const { client, company } = (await request.json()) as Saved;
  let crm: { crmId: string; updated: boolean; companyLinked: boolean } | null = null;
  if (process.env.TWENTY_CRM_ENABLED !== 'false') {
    try {
      const { createTwentyCrmSyncServiceFromEnv } = await import(
        '@/lib/services/twenty-crm-sync-factory'
      );
      const { mapClientProfileToPerson, mapCompanyToTwentyCompany } = await import(
        '@/lib/mappers/twenty-crm.mapper'
      );
      const syncService = createTwentyCrmSyncServiceFromEnv();
      let companyExternalId: string | undefined;
      if (company) {
        await syncService.upsertCompany(mapCompanyToTwentyCompany(company));
        companyExternalId = company.id;
      }
      const synced = await syncService.upsertPerson({
        ...mapClientProfileToPerson(client),
        company_external_id: companyExternalId,
      });
      crm = { crmId: synced.id, updated: synced.updated, companyLinked: !!companyExternalId };
    } catch (crmError) {
      console.error('the client was saved, and not synced', crmError);
    }
  }
  return Response.json({ success: true, data: client, crm });
}
