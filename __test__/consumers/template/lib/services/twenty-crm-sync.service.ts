export { TwentyCrmSyncService } from 'twenty-crm-native';
