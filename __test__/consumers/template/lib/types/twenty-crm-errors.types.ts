export {
  createTwentyCrmError,
  isTwentyCrmError,
  type TwentyCrmError,
  TwentyCrmErrorCode,
} from 'twenty-crm-native';
