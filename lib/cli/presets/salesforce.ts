import type { Preset } from './index.js';

/**
 * Salesforce: the data export (`FirstName`, `AccountId`) and reports (`First Name`, `Account ID`) of contacts, leads
 * and accounts. Its `Title` is a person's job title.
 */
const preset: Preset = {
  name: 'salesforce',
  title: 'Salesforce',
  signs: [
    ['MasterRecordId'],
    ['SystemModstamp'],
    ['Id', 'IsDeleted'],
    ['Id', 'AccountId'],
    ['Account ID', 'Last Name'],
    ['Account ID', 'Account Name'],
    ['Contact ID', 'Account Name'],
    ['Contact Owner', 'Account Name'],
    ['Account Owner', 'Account Name'],
    ['Account Name', 'Mailing City'],
    ['Account Name', 'Billing City'],
    ['Lead ID', 'Company'],
    ['Lead Owner', 'Company'],
  ],
  deleted: 'IsDeleted',
  person: {
    external_id: ['Contact ID', 'Lead ID', 'Id'],
    'name.firstName': ['First Name'],
    'name.lastName': ['Last Name'],
    name: ['Full Name', 'Contact Name', 'Name'],
    email: ['Email'],
    phone: [...['Phone', 'Business Phone', 'Mobile Phone', 'Mobile', 'Home Phone', 'Other Phone']],
    job_title: ['Title'],
    company_external_id: ['Account ID'],
    company_name: ['Account Name', 'Company', 'Company / Account'],
    website: ['Website'],
    city: ['Mailing City', 'City', 'Other City'],
  },
  company: {
    external_id: ['Account ID', 'Id'],
    name: ['Account Name', 'Name'],
    website: ['Website'],
  },
};

export { preset };
