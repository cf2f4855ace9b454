import {
  createTwentyCrmSyncServiceFromEnv,
  isTwentyCrmError,
  TwentyCrmErrorCode,
  type UpsertPersonInput,
} from 'twenty-crm-native';

export async function POST(request: Request): Promise<Response> {
  const person = (await request.json()) as UpsertPersonInput;
  try {
    const { id, created } = await createTwentyCrmSyncServiceFromEnv().upsertPerson(person);
    return Response.json({ id, created });
  } catch (error) {
    if (!isTwentyCrmError(error)) throw error;
    const status = error.code === TwentyCrmErrorCode.VALIDATION_ERROR ? 400 : 502;
    return Response.json({ code: error.code, message: error.message }, { status });
  }
}
