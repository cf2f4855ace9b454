export type {
  TwentyCrmClientConfig,
  TwentyCrmConfig,
  TwentyCrmConfigResponse,
  TwentyCrmEnvConfig,
  TwentyCrmErrorResponse,
  TwentyCrmResponse,
  TwentyCrmSuccessResponse,
  TwentyCrmSyncMode,
  TwentyCrmTestConnectionResult,
  UpdateTwentyCrmConfigRequest,
} from 'twenty-crm-native';
