export {
  ensureExternalId,
  extractCityFromLocation,
  mapClientProfileToPerson,
  mapCompanyToTwentyCompany,
} from 'twenty-crm-native';
