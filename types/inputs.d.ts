import type { UpsertCompanyInput, UpsertPersonInput } from './twenty-crm-sync.types.js';

/**
 * The name of a person in two parts, stored as given (trimmed, with single spaces). The parts are one value and are
 * written together: a part that is absent, null or blank is stored blank. At least one must have text.
 *
 * A name given as one string is split. If the row in Twenty already holds the same name, it keeps its own parts.
 */
export interface PersonName {
  /** Given names. */
  firstName?: string | null;
  /** Family name. */
  lastName?: string | null;
}

/**
 * A phone number as Twenty nests it. Calling code and country override `defaultCountry`. If the three contradict each
 * other, the number is left out with a warning (`phone_conflict`).
 */
export interface PhoneParts {
  /** The number, national or international; `null` and blank clear it. */
  primaryPhoneNumber?: string | null;
  /** For example `+1`. */
  primaryPhoneCallingCode?: string | null;
  /** ISO 3166-1 alpha-2, for example `US`. */
  primaryPhoneCountryCode?: string | null;
  /** Not written, with a warning (`no_place`). The row keeps its own value. */
  additionalPhones?: unknown;
}

/** An e-mail address as Twenty nests it. */
export interface EmailParts {
  /** The address; `null` and blank mean the same as for `email` itself. */
  primaryEmail?: string | null;
  /** Not written, with a warning (`no_place`). The row keeps its own value. */
  additionalEmails?: unknown;
}

/** A link as Twenty nests it. */
export interface LinkParts {
  /** The web address or the domain; `null` and blank clear it. */
  primaryLinkUrl?: string | null;
  /** Not written, with a warning (`no_place`). The row keeps its own value. */
  primaryLinkLabel?: unknown;
  /** Not written, with a warning (`no_place`). The row keeps its own value. */
  secondaryLinks?: unknown;
}

/**
 * A person as the methods accept it: {@link UpsertPersonInput}, but `name` may also be in two parts, and `phone`,
 * `email` and `website` may also have the form of Twenty's API. The e-mail address may be missing if the option
 * `missingEmail` allows it.
 */
export interface PersonInput
  extends Omit<UpsertPersonInput, 'name' | 'email' | 'phone' | 'website'> {
  /** Full name, which is split into first and last name, or the two parts. */
  name: string | PersonName;
  /**
   * The primary e-mail address. With `missingEmail: 'allow'`, `null` clears the address in the CRM, while absent or
   * blank keeps it. Otherwise all three are refused.
   */
  email?: string | EmailParts | null;
  /** International (`+49 30 …`), or national if a default country is configured. */
  phone?: string | PhoneParts | null;
  /** The person's own site, not the company's. */
  website?: string | LinkParts | null;
}

/** A company as the methods accept it: `UpsertCompanyInput`, but links may also have the form of Twenty's API. */
export interface CompanyInput extends Omit<UpsertCompanyInput, 'domain_name' | 'website'> {
  /** For example `example.com`; scheme and `www.` are ignored. Unique in a workspace. */
  domain_name?: string | LinkParts | null;
  /** The company's website, in addition to the domain. */
  website?: string | LinkParts | null;
}
