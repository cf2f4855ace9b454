import type { mapClientProfileToPerson } from './values.js';

/** A row of the template's client profiles: what of it goes into the CRM. Further columns do not matter. */
export interface ClientProfile {
  /** Becomes `external_id`. */
  id: string;
  /** Becomes `email`. */
  email: string;
  /** Becomes `name`, where it is not blank. */
  name: string;
  /** Stands in for a `name` that is blank. */
  displayName?: string | null;
  /** Stands in where both are blank. */
  username?: string | null;
  /** The template fills new profiles with `User`, which counts as empty. */
  jobTitle?: string | null;
  /** Name of the client's company. The template fills new profiles with `Unknown`, which counts as empty. */
  company?: string | null;
  /** Becomes `phone`. */
  phone?: string | null;
  /** Becomes `website`. */
  website?: string | null;
  /** Free text; its first part, before any comma, is taken as the city. */
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
  /** How the client signs in; does not go into the CRM. */
  accountProvider: string;
  /** Whether the account is active; does not go into the CRM. */
  isActive: boolean;
}

/**
 * What the template takes in order to make a client. It has neither id nor e-mail address: both are options of
 * {@link mapClientProfileToPerson}. `userId` is the account's id, not the profile's, and does not go into the CRM.
 */
export interface CreateClientRequest
  extends Partial<Omit<ClientProfile, 'id' | 'plan' | 'totalSubmissions'>> {
  /** The account's id; does not go into the CRM. */
  userId: string;
}

/** A row of the template's companies: what of it goes into the CRM. Further columns do not matter. */
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

/** How a company row is mapped. */
export interface CompanyMappingOptions {
  /** Stands in for the row's `id`. */
  externalId?: string;
  /**
   * Whether a field that is `null` or blank becomes `null`, which clears it in the CRM. Otherwise, and always for a field
   * that is `undefined`, it is left out, and the CRM keeps what it has.
   */
  clearEmpty?: boolean;
}

/** How a client profile is mapped. */
export interface ClientProfileMappingOptions extends CompanyMappingOptions {
  /** Stands in for the profile's `email`. */
  email?: string;
  /** A profile without an e-mail address: `refuse` throws, `allow` makes a person without one. */
  missingEmail?: 'refuse' | 'allow';
  /** External id of the client's company; `null` unlinks. */
  companyExternalId?: string | null;
  /** Whether the template's placeholders, job title `User` and company `Unknown`, are taken at their word. */
  keepPlaceholders?: boolean;
}
