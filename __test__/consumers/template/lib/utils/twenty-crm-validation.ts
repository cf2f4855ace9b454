export {
  maskApiKey,
  SYNC_MODE_VALUES,
  type UpdateTwentyCrmConfigRequest as ValidatedTwentyCrmConfigUpdate,
  validateTwentyCrmConfig,
} from 'twenty-crm-native';
