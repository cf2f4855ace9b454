import type { Preset } from './index.js';

/**
 * HubSpot's exports of contacts and companies. A contact may have several companies, one of them primary. If the file
 * only has a list of them, none is chosen.
 */
const preset: Preset = {
  name: 'hubspot',
  title: 'HubSpot',
  signs: [
    ['Record ID', 'Contact owner'],
    ['Record ID', 'Company owner'],
    ['Record ID', 'Lead Status'],
    ['Record ID', 'Lifecycle Stage'],
    ['Record ID', 'Marketing contact status'],
    ['Record ID', 'Phone Number'],
    ['Record ID', 'Company name'],
    ['Record ID', 'Company Domain Name'],
    ['Record ID', 'Associated Company'],
    ['Record ID', 'Associated Company IDs'],
    ['Record ID', 'Primary Associated Company ID'],
    ['Associated Company IDs (Primary)'],
    ['Record ID - Contact'],
    ['Record ID - Company'],
  ],
  several: { separator: ';', columns: ['Additional email addresses'] },
  lists: { separator: ';', columns: ['Associated Company IDs', 'Associated Company'] },
  person: {
    external_id: ['Record ID - Contact', 'Contact ID', 'Record ID'],
    'name.firstName': ['First Name'],
    'name.lastName': ['Last Name'],
    name: ['Full Name'],
    email: ['Email', 'Work email', 'Additional email addresses'],
    phone: ['Phone Number', 'Mobile Phone Number', 'WhatsApp Phone Number'],
    job_title: ['Job Title'],
    company_external_id: [
      'Associated Company IDs (Primary)',
      'Primary Associated Company ID',
      'Associated Company ID (Primary)',
      'Record ID - Company',
      'Associated Company ID',
      'Associated Company IDs',
    ],
    company_name: [
      'Associated Company (Primary)',
      'Associated Company Name (Primary)',
      'Associated Company',
      'Company name',
      'Company',
    ],
    website: ['Website URL'],
    city: ['City'],
  },
  company: {
    external_id: ['Record ID - Company', 'Company ID', 'Record ID'],
    name: ['Company name', 'Name'],
    domain_name: ['Company Domain Name'],
    website: ['Website URL'],
  },
};

export { preset };
