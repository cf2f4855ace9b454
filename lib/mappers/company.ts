import type { CompanyMappingOptions, CompanyRow, UpsertCompanyInput } from '../../index.js';
import { optionSchema } from '../option-schema.js';
import { ensureExternalId, Fields, readOptions, setFields } from './fields.js';

const OPTIONS = optionSchema<CompanyMappingOptions>({ externalId: 'here', clearEmpty: 'here' });

/**
 * Maps a company row to a company. Pure, like {@link mapClientProfileToPerson}.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if id or name is missing, or a value has the wrong type;
 * `details.field` names it.
 */
function mapCompanyToTwentyCompany(company: CompanyRow): UpsertCompanyInput;
/** As above, with options. */
function mapCompanyToTwentyCompany(
  company: CompanyRow,
  options: CompanyMappingOptions | undefined,
): UpsertCompanyInput;
function mapCompanyToTwentyCompany(
  company: CompanyRow,
  options?: CompanyMappingOptions,
): UpsertCompanyInput {
  const from = new Fields(company, 'Company');
  const given = readOptions('mapCompanyToTwentyCompany', options, OPTIONS.known);
  return setFields(
    {
      external_id: ensureExternalId(given.text('externalId') ?? from.text('id'), 'Company'),
      name: from.required('name'),
    },
    {
      domain_name: from.text('domain'),
      website: from.text('website'),
      status: from.text('status'),
    } as Partial<UpsertCompanyInput>,
    given.read('clearEmpty') === true,
  );
}

export { mapCompanyToTwentyCompany };
