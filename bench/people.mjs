// The people that every contender writes: flat as a site has them, and in Twenty's form.

/** @typedef {import('../index.js').UpsertPersonInput} Person */

const firstNames = ['Jane', 'Amélie', 'Jürgen', 'Sofía', 'Liam', 'Zoë', 'Noah', 'Ingrid'];
const lastNames = [
  'van der Berg',
  'Müller',
  'Okafor',
  'García Márquez',
  'Smith',
  'Nowak',
  'Lindqvist',
];
const jobs = ['Founder', 'Engineering Manager', 'Accountant', 'Head of Sales', 'Designer'];

/**
 * @param {number} at
 * @returns {Person}
 */
export function person(at) {
  return {
    external_id: `client-${at}`,
    name: `${firstNames[at % firstNames.length]} ${lastNames[at % lastNames.length]}`,
    email: `client-${at}@example.com`,
    phone: `+4930${String(10_000_000 + (at % 80_000_000))}`,
    job_title: jobs[at % jobs.length],
    city: 'Berlin',
    plan: at % 3 === 0 ? 'premium' : 'free',
    total_submissions: at % 40,
  };
}

/** @param {number} count */
export const people = (count) => Array.from({ length: count }, (_, at) => person(at));

/** A generator, so that none has to be kept. @param {number} count */
export function* streamOf(count) {
  for (let at = 0; at < count; at += 1) yield person(at);
}

/**
 * As an application that knows its own data would convert it.
 * @param {Person} input
 */
export function toTwenty(input) {
  const [firstName, ...rest] = input.name.split(' ');
  return {
    externalId: input.external_id,
    name: { firstName, lastName: rest.join(' ') },
    emails: { primaryEmail: input.email },
    phones: {
      primaryPhoneNumber: input.phone?.slice(3),
      primaryPhoneCountryCode: 'DE',
      primaryPhoneCallingCode: '+49',
    },
    jobTitle: input.job_title,
    city: input.city,
    planCustom: input.plan,
    totalSubmissions: input.total_submissions,
  };
}
