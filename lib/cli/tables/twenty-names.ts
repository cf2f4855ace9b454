const LINK_PARTS = ['primaryLinkUrl', 'primaryLinkLabel', 'secondaryLinks'];

/** Fields that Twenty nests: Twenty's name, our name, and their parts. */
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

/**
 * Names that Twenty's own exports use for parts of links, in addition to those of the API: `Domain Name / Link URL`.
 */
const LABELS = new Map([
  ['primaryLinkUrl', 'Link URL'],
  ['primaryLinkLabel', 'Link Label'],
]);

/** Targets that can stand for the whole field: either part of a name, or the primary part of any other field. */
const VALUE_PARTS = new Map([
  ['name', ['firstName', 'lastName']],
  ['email', ['primaryEmail']],
  ['phone', ['primaryPhoneNumber']],
  ['website', ['primaryLinkUrl']],
  ['domain_name', ['primaryLinkUrl']],
]);

export { LABELS, NESTS, VALUE_PARTS };
