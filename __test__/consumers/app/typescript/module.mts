// An application in TypeScript, as an ES module.
import {
  createTwentyCrmSyncService,
  isTwentyCrmError,
  type SyncServiceOptions,
  type TwentyCompany,
  TwentyCrmErrorCode,
  type TwentyCrmResponse,
  type TwentyCrmRestClient,
  type UpsertResult,
} from 'twenty-crm-native';

const options: SyncServiceOptions = { defaultCountry: 'DE', onWarning: ({ message }) => message };

export async function save(baseUrl: string, apiKey: string): Promise<TwentyCompany | null> {
  const service = createTwentyCrmSyncService({ baseUrl, apiKey }, options);
  try {
    const result: UpsertResult<TwentyCompany> = await service.upsertCompany({
      external_id: 'ts_1',
      name: 'TypeScript Ltd',
    });
    return result.data;
  } catch (error) {
    if (isTwentyCrmError(error) && error.code === TwentyCrmErrorCode.VALIDATION_ERROR) return null;
    throw error;
  }
}

export async function count(client: TwentyCrmRestClient): Promise<number> {
  const answer: TwentyCrmResponse<{ totalCount: number }> = await client.get('/rest/people');
  return answer.success ? answer.data.totalCount : -1;
}

// @ts-expect-error a company has a name
createTwentyCrmSyncService({ baseUrl: '', apiKey: '' }).upsertCompany({ external_id: 'ts_2' });
