import type { mapClientProfileToPerson } from './values.js';

/** A row of the template's client profiles: the columns that go into the CRM. Other columns are ignored. */
export interface ClientProfile {
  /** Becomes `external_id`. */
  id: string;
  /** Becomes `email`. */
  email: string;
  /** Becomes `name`, unless it is blank. */
  name: string;
  /** Used if `name` is blank. */
  displayName?: string | null;
  /** Used if both are blank. */
  username?: string | null;
  /** The template fills new profiles with `User`, which counts as empty. */
  jobTitle?: string | null;
  /** Name of the client's company. The template fills new profiles with `Unknown`, which counts as empty. */
  company?: string | null;
  /** Becomes `phone`. */
  phone?: string | null;
  /** Becomes `website`. */
  website?: string | null;
  /** Free text; the part before the first comma becomes the city. */
  location?: string | null;
  /** For example `individual`, `business` or `enterprise`. */
  accountType?: string | null;
  /** For example `free`, `standard` or `premium`. */
  plan?: string | null;
  /** Becomes `total_submissions`. */
  totalSubmissions?: number | null;
}

/** A client profile as the template's queries return it, joined with the account that it signs in with. */
export interface ClientProfileWithAuth extends ClientProfile {
  /** How the client signs in; not sent to the CRM. */
  accountProvider: string;
  /** Whether the account is active; not sent to the CRM. */
  isActive: boolean;
}

/**
 * The template's input for a new client. It has neither id nor e-mail address: give both as options of
 * {@link mapClientProfileToPerson}. `userId` is the account's id, not the profile's, and is not sent to the CRM.
 */
export interface CreateClientRequest
  extends Partial<Omit<ClientProfile, 'id' | 'plan' | 'totalSubmissions'>> {
  /** The account's id; not sent to the CRM. */
  userId: string;
}

/** A row of the template's companies: the columns that go into the CRM. Other columns are ignored. */
export interface CompanyRow {
  /** Becomes `external_id`. */
  id: string;
  /** Becomes `name`. */
  name: string;
  /** Becomes `website`. */
  website?: string | null;
  /** Becomes `domain_name`. */
  domain?: string | null;
  /** For example `active` or `inactive`. */
  status?: string | null;
}

/** Options for mapping a company row. */
export interface CompanyMappingOptions {
  /** Replaces the row's `id`. */
  externalId?: string;
  /**
   * Whether a field that is `null` or blank becomes `null`, which clears it in the CRM. By default it is left out, and
   * the CRM keeps its value; a field that is `undefined` is always left out.
   */
  clearEmpty?: boolean;
}

/** Options for mapping a client profile. */
export interface ClientProfileMappingOptions extends CompanyMappingOptions {
  /** Replaces the profile's `email`. */
  email?: string;
  /** For a profile without an e-mail address: `refuse` throws, `allow` makes a person without one. */
  missingEmail?: 'refuse' | 'allow';
  /** External id of the client's company; `null` unlinks it. */
  companyExternalId?: string | null;
  /** Whether the template's placeholders, job title `User` and company `Unknown`, are used as real values. */
  keepPlaceholders?: boolean;
}
