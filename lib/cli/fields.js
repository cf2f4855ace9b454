'use strict';

/** @typedef {'person' | 'company'} Entity */

/** The input fields, as `UpsertPersonInput` and `UpsertCompanyInput` have them. */
const FIELDS = Object.freeze({
  person: Object.freeze([
    'external_id',
    'name',
    'email',
    'phone',
    'job_title',
    'company_name',
    'website',
    'city',
    'account_type',
    'plan',
    'total_submissions',
    'company_external_id',
  ]),
  company: Object.freeze(['external_id', 'name', 'domain_name', 'website', 'status']),
});

const REQUIRED = Object.freeze({
  person: Object.freeze(['external_id', 'name', 'email']),
  company: Object.freeze(['external_id', 'name']),
});

/** Names as Twenty nests them, for files that come from there; the two parts of a name are put together. */
const NESTED = Object.freeze({
  person: Object.freeze({
    'name.firstName': 'name.firstName',
    'name.lastName': 'name.lastName',
    'emails.primaryEmail': 'email',
    'phones.primaryPhoneNumber': 'phone',
    'website.primaryLinkUrl': 'website',
  }),
  company: Object.freeze({
    'domainName.primaryLinkUrl': 'domain_name',
    'website.primaryLinkUrl': 'website',
  }),
});

/** `External ID`, `externalId` and `external-id` are `external_id`. @param {string} name */
const simplify = (name) => name.toLowerCase().replace(/[\s_-]+/g, '');

/** @type {Record<Entity, Map<string, string>>} */
const targets = { person: new Map(), company: new Map() };
for (const entity of /** @type {Entity[]} */ (['person', 'company'])) {
  for (const field of FIELDS[entity]) targets[entity].set(simplify(field), field);
  for (const [name, field] of Object.entries(NESTED[entity])) {
    targets[entity].set(simplify(name), field);
  }
}

/**
 * What a column or key of this name fills: a field, or a part of the name.
 * @param {Entity} entity
 * @param {string} name
 * @returns {string | undefined}
 */
const targetOf = (entity, name) => targets[entity].get(simplify(name));

/** Every name that a column can have. @param {Entity} entity */
const knownNames = (entity) => [...FIELDS[entity], ...Object.keys(NESTED[entity])];

/**
 * One name of its parts, in the form whose reading leaves no doubt which is which.
 * @param {unknown} first
 * @param {unknown} last
 * @returns {unknown}
 */
function joinName(first, last) {
  if (typeof first !== 'string' && first !== undefined && first !== null) return first;
  if (typeof last !== 'string' && last !== undefined && last !== null) return last;
  const [given, family] = [first?.trim() ?? '', last?.trim() ?? ''];
  // "Last, First" is split at its first comma.
  if (given !== '') return `${family.replaceAll(',', ' ')}, ${given}`;
  return family;
}

module.exports = { FIELDS, NESTED, REQUIRED, joinName, knownNames, targetOf };
