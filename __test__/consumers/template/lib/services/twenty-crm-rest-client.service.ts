export { TwentyCrmRestClient } from 'twenty-crm-native';
