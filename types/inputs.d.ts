import type { UpsertCompanyInput, UpsertPersonInput } from './twenty-crm-sync.types.js';

/**
 * The name of a person in its two parts, which are stored as they are given (without blanks around them, and with one
 * space for several). They are one value and are written together: a part that is absent, null or blank is stored blank.
 * One of them must have text.
 *
 * A name in one text is split. A row in Twenty that holds the same name already keeps its own parts.
 */
export interface PersonName {
  /** Given names. */
  firstName?: string | null;
  /** Family name. */
  lastName?: string | null;
}

/**
 * A phone number as Twenty nests it. Calling code and country say how the number is read, whatever `defaultCountry` is;
 * where the three do not belong together, the number is left out with a warning (`phone_conflict`).
 */
export interface PhoneParts {
  /** The number, national or international; `null` and blank clear it. */
  primaryPhoneNumber?: string | null;
  /** For example `+1`. */
  primaryPhoneCallingCode?: string | null;
  /** ISO 3166-1 alpha-2, for example `US`. */
  primaryPhoneCountryCode?: string | null;
  /** Not written: a warning (`no_place`) says so. What the row has stays. */
  additionalPhones?: unknown;
}

/** An e-mail address as Twenty nests it. */
export interface EmailParts {
  /** The address; `null` and blank as of the e-mail itself. */
  primaryEmail?: string | null;
  /** Not written: a warning (`no_place`) says so. What the row has stays. */
  additionalEmails?: unknown;
}

/** A link as Twenty nests it. */
export interface LinkParts {
  /** The web address, or the domain; `null` and blank clear it. */
  primaryLinkUrl?: string | null;
  /** Not written: a warning (`no_place`) says so. What the row has stays. */
  primaryLinkLabel?: unknown;
  /** Not written: a warning (`no_place`) says so. What the row has stays. */
  secondaryLinks?: unknown;
}

/**
 * A person, as the methods take it: {@link UpsertPersonInput}, whose name may be given in its parts, and whose phone,
 * e-mail and website also in the form in which Twenty's API has them; and people without an e-mail address where the
 * option `missingEmail` allows them.
 */
export interface PersonInput
  extends Omit<UpsertPersonInput, 'name' | 'email' | 'phone' | 'website'> {
  /** Full name, which is split into first and last name; or the two of them. */
  name: string | PersonName;
  /**
   * The primary e-mail address. With `missingEmail: 'allow'`, `null` says that the person has none, which clears the one
   * that the CRM has; absent or blank keeps it. Otherwise each of the three is refused.
   */
  email?: string | EmailParts | null;
  /** International (`+49 30 …`), or national where a default country is configured. */
  phone?: string | PhoneParts | null;
  /** The person's own site, not the company's. */
  website?: string | LinkParts | null;
}

/** What the methods take of a company: `UpsertCompanyInput`, whose links may also be in the form of Twenty's API. */
export interface CompanyInput extends Omit<UpsertCompanyInput, 'domain_name' | 'website'> {
  /** For example `example.com`; scheme and `www.` do not matter. No two companies of a workspace have the same. */
  domain_name?: string | LinkParts | null;
  /** The company's site, kept beside the domain. */
  website?: string | LinkParts | null;
}
