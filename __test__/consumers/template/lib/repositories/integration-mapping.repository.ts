// Replaces the template's own file, which is kept: the same methods and rows, on a map instead of a table.
import { createHash, randomUUID } from 'node:crypto';

type IntegrationObjectType = 'company' | 'person';

interface IntegrationMapping {
  id: string;
  everId: string;
  crmId: string;
  objectType: IntegrationObjectType;
  lastSyncedAt: Date;
  versionHash: string | null;
  createdAt: Date;
  updatedAt: Date;
  tenantId: string | null;
}

interface UpsertMappingInput {
  everId: string;
  crmId: string;
  objectType: IntegrationObjectType;
  dataForHash?: Record<string, unknown>;
}

export class IntegrationMappingRepository {
  private rows = new Map<string, IntegrationMapping>();

  async findByEverId(everId: string, type: IntegrationObjectType) {
    return this.rows.get(`${type}:${everId}`) ?? null;
  }

  async findByCrmId(crmId: string, type: IntegrationObjectType) {
    return (
      [...this.rows.values()].find((row) => row.crmId === crmId && row.objectType === type) ?? null
    );
  }

  async upsertMapping(input: UpsertMappingInput): Promise<IntegrationMapping> {
    this.check(input);
    const { everId, crmId, objectType, dataForHash } = input;
    const now = new Date();
    const text = dataForHash && JSON.stringify(dataForHash, Object.keys(dataForHash).sort());
    const row = {
      id: randomUUID(),
      everId,
      crmId,
      objectType,
      lastSyncedAt: now,
      versionHash: text ? createHash('sha256').update(text).digest('hex') : null,
      createdAt: now,
      updatedAt: now,
      tenantId: 'tenant-1',
    };
    this.rows.set(`${objectType}:${everId}`, row);
    return row;
  }

  async upsertManyMappings(inputs: UpsertMappingInput[]): Promise<IntegrationMapping[]> {
    return Promise.all(inputs.map((input) => this.upsertMapping(input)));
  }

  async deleteMapping(everId: string, type: IntegrationObjectType): Promise<boolean> {
    return this.rows.delete(`${type}:${everId}`);
  }

  private check({ everId, crmId, objectType }: UpsertMappingInput): void {
    if (!everId || !crmId || !['company', 'person'].includes(objectType)) {
      throw new Error('a mapping needs both ids and a type');
    }
  }
}

export const integrationMappingRepository = new IntegrationMappingRepository();
