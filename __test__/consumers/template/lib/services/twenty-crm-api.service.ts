export { TwentyCrmApiService } from 'twenty-crm-native';
