export type {
  AnyCacheEntry,
  CacheEntry,
  CompanyCacheEntry,
  PersonCacheEntry,
  UpsertCompanyInput,
  UpsertOptions,
  UpsertPersonInput,
  UpsertResult,
} from 'twenty-crm-native';
