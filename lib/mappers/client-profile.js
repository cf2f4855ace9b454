'use strict';

const {
  Fields,
  ensureExternalId,
  extractCityFromLocation,
  readOptions,
  setFields,
} = require('./fields.js');

/** What the template writes into a new profile before its owner has said anything. */
const PLACEHOLDERS = { jobTitle: 'User', company: 'Unknown' };

/** Names of `ClientProfileMappingOptions`. */
const OPTIONS = new Set([
  ...['externalId', 'email', 'missingEmail', 'companyExternalId'],
  ...['clearEmpty', 'keepPlaceholders'],
]);

/**
 * See `index.d.ts`.
 * @param {object} profile
 * @param {import('../../index.js').ClientProfileMappingOptions} [options]
 * @returns {any}
 */
function mapClientProfileToPerson(profile, options) {
  const from = new Fields(profile, 'ClientProfile');
  const given = readOptions('mapClientProfileToPerson', options, OPTIONS);
  const keepPlaceholders = given.read('keepPlaceholders') === true;
  const clearEmpty = given.read('clearEmpty') === true;
  const needsEmail = given.read('missingEmail') !== 'allow';

  /** @param {'jobTitle' | 'company'} field */
  const unlessPlaceholder = (field) => {
    const text = from.text(field);
    return text === PLACEHOLDERS[field] && !keepPlaceholders ? null : text;
  };
  const externalId = given.text('externalId') ?? from.text('id');
  const external_id = ensureExternalId(externalId, 'ClientProfile');
  const location = from.text('location');
  const person = setFields(
    /** @type {import('../../index.js').PersonInput} */ ({
      external_id,
      name: from.required('name', 'displayName', 'username'),
    }),
    /** @type {Partial<import('../../index.js').PersonInput>} */ ({
      email: given.text('email') ?? (needsEmail ? from.required('email') : from.text('email')),
      phone: from.text('phone'),
      job_title: unlessPlaceholder('jobTitle'),
      // Only a name for a company that has to be made: there is nothing in the CRM that it could clear.
      company_name: unlessPlaceholder('company') || undefined,
      website: from.text('website'),
      city: location === undefined ? undefined : extractCityFromLocation(location),
      account_type: from.text('accountType'),
      plan: from.text('plan'),
      total_submissions: from.number('totalSubmissions'),
    }),
    clearEmpty,
  );
  const companyExternalId = given.read('companyExternalId');
  if (companyExternalId === null) person.company_external_id = null;
  else if (companyExternalId !== undefined) {
    person.company_external_id = given.required('companyExternalId');
  }
  return person;
}

module.exports = { mapClientProfileToPerson };
