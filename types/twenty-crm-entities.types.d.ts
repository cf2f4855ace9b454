/**
 * A person, flat as the caller keeps it. In Twenty the record has composite fields; the sync service translates both
 * ways.
 */
export interface TwentyPerson {
  /** The caller's own id of this person, for example the client profile's. */
  external_id: string;
  /** Full name; the sync service splits it into first and last name. */
  name: string;
  /** The primary e-mail address. */
  email: string;
  /** International (`+49 30 …`), or national where a default country is configured. */
  phone?: string | null;
  /** What the person does. */
  job_title?: string | null;
  /** Name of the person's company; used only where that company has to be created. */
  company_name?: string | null;
  /** The person's own site, not the company's. */
  website?: string | null;
  /** Where the person lives. */
  city?: string | null;
  /** For example `individual`, `business` or `enterprise`. */
  account_type?: string | null;
  /** For example `free`, `standard` or `premium`. */
  plan?: string | null;
  /** How many submissions the person has made; a whole number. */
  total_submissions?: number | null;
}

/** A company, flat as the caller keeps it. */
export interface TwentyCompany {
  /** The caller's own id of this company. */
  external_id: string;
  /** Name of the company. */
  name: string;
  /** For example `example.com`; scheme and `www.` do not matter. */
  domain_name?: string | null;
  /** The company's site, kept beside the domain. */
  website?: string | null;
  /** For example `active` or `inactive`. */
  status?: string | null;
}
