const LINK_PARTS = ['primaryLinkUrl', 'primaryLinkLabel', 'secondaryLinks'];

/** Fields that Twenty nests: as it calls them, as we do, and their parts. */
const NESTS = {
  person: [
    { root: 'name', field: 'name', parts: ['firstName', 'lastName'] },
    { root: 'emails', field: 'email', parts: ['primaryEmail', 'additionalEmails'] },
    {
      root: 'phones',
      field: 'phone',
      parts: [
        'primaryPhoneNumber',
        'primaryPhoneCallingCode',
        'primaryPhoneCountryCode',
        'additionalPhones',
      ],
    },
    { root: 'website', field: 'website', parts: LINK_PARTS },
  ],
  company: [
    { root: 'domainName', field: 'domain_name', parts: LINK_PARTS },
    { root: 'website', field: 'website', parts: LINK_PARTS },
  ],
};

/** What Twenty's own exports call parts of links, beside the names of the API: `Domain Name / Link URL`. */
const LABELS = new Map([
  ['primaryLinkUrl', 'Link URL'],
  ['primaryLinkLabel', 'Link Label'],
]);

/** What gives a field's value in place of the whole: either part of a name, the primary part of all others. */
const VALUE_PARTS = new Map([
  ['name', ['firstName', 'lastName']],
  ['email', ['primaryEmail']],
  ['phone', ['primaryPhoneNumber']],
  ['website', ['primaryLinkUrl']],
  ['domain_name', ['primaryLinkUrl']],
]);

export { LABELS, NESTS, VALUE_PARTS };
