import type {
  ClientProfile,
  ClientProfileMappingOptions,
  ClientProfileWithAuth,
  CreateClientRequest,
  PersonInput,
  UpsertPersonInput,
} from '../../index.js';
import { optionSchema } from '../option-schema.js';
import {
  ensureExternalId,
  extractCityFromLocation,
  Fields,
  readOptions,
  setFields,
} from './fields.js';

/** Placeholders that the template writes into a new profile. */
const PLACEHOLDERS = { jobTitle: 'User', company: 'Unknown' };

const OPTIONS = optionSchema<ClientProfileMappingOptions>({
  externalId: 'here',
  email: 'here',
  missingEmail: 'here',
  companyExternalId: 'here',
  clearEmpty: 'here',
  keepPlaceholders: 'here',
});

/**
 * Maps a client profile to a person. The name falls back to `displayName`, then to `username`. Pure: no I/O, inputs are
 * not mutated, and the same profile always gives the same person.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if id, name or e-mail address is missing, or a value has the wrong
 * type; `details.field` names it.
 */
function mapClientProfileToPerson(
  profile: ClientProfileWithAuth | ClientProfile | CreateClientRequest,
): UpsertPersonInput;
/** As above, for a profile that may have no e-mail address. */
function mapClientProfileToPerson(
  profile:
    | (Omit<ClientProfile, 'email'> & {
        /** Becomes `email`. */
        email?: string | null;
      })
    | CreateClientRequest,
  options: ClientProfileMappingOptions & {
    /** The option that allows it. */
    missingEmail: 'allow';
  },
): PersonInput;
/** As above, with options. */
function mapClientProfileToPerson(
  profile: ClientProfileWithAuth | ClientProfile | CreateClientRequest,
  options: ClientProfileMappingOptions | undefined,
): UpsertPersonInput;
function mapClientProfileToPerson(
  profile: object,
  options?: ClientProfileMappingOptions,
): PersonInput | UpsertPersonInput {
  const from = new Fields(profile, 'ClientProfile');
  const given = readOptions('mapClientProfileToPerson', options, OPTIONS.known);
  const keepPlaceholders = given.read('keepPlaceholders') === true;
  const clearEmpty = given.read('clearEmpty') === true;
  const needsEmail = given.read('missingEmail') !== 'allow';

  const unlessPlaceholder = (field: 'jobTitle' | 'company') => {
    const text = from.text(field);
    return text === PLACEHOLDERS[field] && !keepPlaceholders ? null : text;
  };
  const externalId = given.text('externalId') ?? from.text('id');
  const external_id = ensureExternalId(externalId, 'ClientProfile');
  const location = from.text('location');
  const person = setFields(
    {
      external_id,
      name: from.required('name', 'displayName', 'username'),
    } as PersonInput,
    {
      email: given.text('email') ?? (needsEmail ? from.required('email') : from.text('email')),
      phone: from.text('phone'),
      job_title: unlessPlaceholder('jobTitle'),
      // Only the name for a company that has to be created: it must not clear anything in the CRM.
      company_name: unlessPlaceholder('company') || undefined,
      website: from.text('website'),
      city: location === undefined ? undefined : extractCityFromLocation(location),
      account_type: from.text('accountType'),
      plan: from.text('plan'),
      total_submissions: from.number('totalSubmissions'),
    } as Partial<PersonInput>,
    clearEmpty,
  );
  const companyExternalId = given.read('companyExternalId');
  if (companyExternalId === null) person.company_external_id = null;
  else if (companyExternalId !== undefined) {
    person.company_external_id = given.required('companyExternalId');
  }
  return person;
}

export { mapClientProfileToPerson };
