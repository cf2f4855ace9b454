// Replaces the template's own file, which is kept: the same methods, on a variable instead of a table.
import type {
  TwentyCrmConfig,
  UpdateTwentyCrmConfigRequest,
} from '@/lib/types/twenty-crm-config.types';

let row: TwentyCrmConfig | null = null;

export class TwentyCrmConfigDbService {
  private stamp(
    id: string,
    data: UpdateTwentyCrmConfigRequest,
    by: string,
    created: Pick<TwentyCrmConfig, 'createdBy' | 'createdAt'>,
  ): TwentyCrmConfig {
    row = { ...data, ...created, id, updatedBy: by, updatedAt: new Date() };
    return row;
  }

  async getConfig(): Promise<TwentyCrmConfig | null> {
    return row;
  }

  async createConfig(data: UpdateTwentyCrmConfigRequest, userId: string): Promise<TwentyCrmConfig> {
    return this.stamp('1', data, userId, { createdBy: userId, createdAt: new Date() });
  }

  async updateConfig(
    id: string,
    data: UpdateTwentyCrmConfigRequest,
    userId: string,
  ): Promise<TwentyCrmConfig> {
    if (row?.id !== id) throw new Error('no such configuration');
    return this.stamp(id, data, userId, row);
  }

  async exists(): Promise<boolean> {
    return row !== null;
  }
}
