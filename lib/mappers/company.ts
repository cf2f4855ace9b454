import type { CompanyMappingOptions, CompanyRow, UpsertCompanyInput } from '../../index.js';
import { ensureExternalId, Fields, readOptions, setFields } from './fields.js';

/** Names of `CompanyMappingOptions`. */
const OPTIONS = new Set(['externalId', 'clearEmpty']);

/** See `index.d.ts`. */
function mapCompanyToTwentyCompany(
  company: CompanyRow,
  options?: CompanyMappingOptions,
): UpsertCompanyInput {
  const from = new Fields(company, 'Company');
  const given = readOptions('mapCompanyToTwentyCompany', options, OPTIONS);
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
