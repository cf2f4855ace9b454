export type { TwentyCompany, TwentyPerson } from 'twenty-crm-native';
