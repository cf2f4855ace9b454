/**
 * A person in the flat form of the caller. In Twenty the record has composite fields; the sync service translates both
 * ways.
 */
export interface TwentyPerson {
  /** The caller's own id of this person, for example the client profile's. */
  external_id: string;
  /** Full name; the sync service splits it into first and last name. */
  name: string;
  /** The primary e-mail address. */
  email: string;
  /** International (`+49 30 …`), or national if a default country is configured. */
  phone?: string | null;
  /** The person's job title. */
  job_title?: string | null;
  /** Name of the person's company; used only if that company has to be created. */
  company_name?: string | null;
  /** The person's own site, not the company's. */
  website?: string | null;
  /** The city where the person lives. */
  city?: string | null;
  /** For example `individual`, `business` or `enterprise`. */
  account_type?: string | null;
  /** For example `free`, `standard` or `premium`. */
  plan?: string | null;
  /** The number of submissions that the person has made; a whole number. */
  total_submissions?: number | null;
}

/** A company in the flat form of the caller. */
export interface TwentyCompany {
  /** The caller's own id of this company. */
  external_id: string;
  /** Name of the company. */
  name: string;
  /** For example `example.com`; scheme and `www.` are ignored. */
  domain_name?: string | null;
  /** The company's website, in addition to the domain. */
  website?: string | null;
  /** For example `active` or `inactive`. */
  status?: string | null;
}
