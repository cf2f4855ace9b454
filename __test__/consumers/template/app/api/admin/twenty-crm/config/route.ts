// The admin page: the configuration with its key masked, and its change.
import { TwentyCrmConfigRepository } from '@/lib/repositories/twenty-crm-config.repository';
import { validateTwentyCrmConfig } from '@/lib/utils/twenty-crm-validation';

const configRepository = new TwentyCrmConfigRepository();

export async function GET(): Promise<Response> {
  return Response.json({ success: true, data: await configRepository.getConfig() });
}

export async function POST(request: Request): Promise<Response> {
  const validation = validateTwentyCrmConfig(await request.json());
  if (!validation.success) {
    const details = validation.error.issues.map((issue) => ({
      field: issue.path.join('.'),
      message: issue.message,
    }));
    return Response.json({ success: false, error: 'Validation failed', details }, { status: 400 });
  }
  const saved = await configRepository.saveConfig(validation.data, 'admin-1');
  return Response.json({ success: true, data: saved });
}
