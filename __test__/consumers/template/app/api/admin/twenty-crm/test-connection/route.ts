// The admin's button: does the stored configuration work?
import { TwentyCrmConfigRepository } from '@/lib/repositories/twenty-crm-config.repository';
import { TwentyCrmApiService } from '@/lib/services/twenty-crm-api.service';
import type { TwentyCrmTestConnectionResult } from '@/lib/types/twenty-crm-config.types';

const configRepository = new TwentyCrmConfigRepository();
const apiService = new TwentyCrmApiService();

export async function POST(): Promise<Response> {
  const config = await configRepository.getRawConfig();
  if (!config) {
    return Response.json({ success: false, error: 'not configured' }, { status: 400 });
  }
  const data: TwentyCrmTestConnectionResult = await apiService.testConnection(
    config.baseUrl,
    config.apiKey,
  );
  const reachable: boolean = await apiService.isReachable(config.baseUrl);
  return Response.json({
    success: true,
    data,
    reachable,
    known: await configRepository.hasConfig(),
  });
}
