'use strict';

const { LABELS, NESTS, VALUE_PARTS } = require('./tables/twenty-names.js');

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

/** @param {Entity} entity */
const nested = (entity) =>
  NESTS[entity].flatMap(({ root, field, parts }) =>
    parts.map((part) => [`${root}.${part}`, `${field}.${part}`]),
  );

/**
 * Names as Twenty nests them, and which part of which field each gives. What the parts say together is read by the
 * core.
 * @type {Record<Entity, Record<string, string>>}
 */
const NESTED = {
  person: Object.fromEntries(nested('person')),
  company: Object.fromEntries(nested('company')),
};

/**
 * `External ID`, `externalId` and `external-id` are `external_id`; `Phones / Primary Phone Number` is
 * `phones.primaryPhoneNumber`.
 * @param {string} name
 */
const simplify = (name) => name.toLowerCase().replace(/[\s_./-]+/g, '');

/** @type {Record<Entity, Map<string, string>>} */
const targets = { person: new Map(), company: new Map() };
for (const entity of /** @type {Entity[]} */ (['person', 'company'])) {
  for (const field of FIELDS[entity]) targets[entity].set(simplify(field), field);
  for (const [name, field] of Object.entries(NESTED[entity])) {
    targets[entity].set(simplify(name), field);
    const [root, part] = name.split('.');
    const label = LABELS.get(part);
    if (label !== undefined) targets[entity].set(simplify(root + label), field);
  }
}

/**
 * The field (`phone`), or the part of one (`phone.primaryPhoneCallingCode`), that a column or key of this name fills.
 * @param {Entity} entity
 * @param {string} name
 */
const targetOf = (entity, name) => targets[entity].get(simplify(name));

/** Every name that a column can have. @param {Entity} entity */
const knownNames = (entity) => [...FIELDS[entity], ...Object.keys(NESTED[entity])];

/**
 * @param {string} target from {@link targetOf}
 * @returns {{ field: string, part?: string }}
 */
function partsOf(target) {
  const [field, part] = target.split('.', 2);
  return { field, part };
}

/**
 * Puts a value where its target says.
 * @param {Record<string, any>} record
 * @param {string} target
 * @param {unknown} value
 */
function put(record, target, value) {
  const { field, part } = partsOf(target);
  if (part === undefined) record[field] = value;
  else {
    record[field] ??= {};
    record[field][part] = value;
  }
}

/** The targets that give a field's value. @param {string} field */
const givers = (field) => [
  field,
  ...(VALUE_PARTS.get(field) ?? []).map((part) => `${field}.${part}`),
];

module.exports = { FIELDS, NESTED, REQUIRED, givers, knownNames, partsOf, put, targetOf };
