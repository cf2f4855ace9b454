import { TwentyCrmConfigRepository as Repository } from 'twenty-crm-native';
import { TwentyCrmConfigDbService } from '@/lib/services/twenty-crm-config-db.service';

export class TwentyCrmConfigRepository extends Repository {
  constructor() {
    super({ store: new TwentyCrmConfigDbService() });
  }
}
