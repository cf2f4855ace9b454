'use strict';

const { Fields, ensureExternalId, readOptions, setFields } = require('./fields.js');

/** Names of `CompanyMappingOptions`. */
const OPTIONS = new Set(['externalId', 'clearEmpty']);

/**
 * See `index.d.ts`.
 * @param {import('../../index.js').CompanyRow} company
 * @param {import('../../index.js').CompanyMappingOptions} [options]
 */
function mapCompanyToTwentyCompany(company, options) {
  const from = new Fields(company, 'Company');
  const given = readOptions('mapCompanyToTwentyCompany', options, OPTIONS);
  return setFields(
    {
      external_id: ensureExternalId(given.text('externalId') ?? from.text('id'), 'Company'),
      name: from.required('name'),
    },
    /** @type {Partial<import('../../index.js').UpsertCompanyInput>} */ ({
      domain_name: from.text('domain'),
      website: from.text('website'),
      status: from.text('status'),
    }),
    given.read('clearEmpty') === true,
  );
}

module.exports = { mapCompanyToTwentyCompany };
