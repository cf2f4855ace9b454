import { LABELS, NESTS, VALUE_PARTS } from './tables/twenty-names.js';

export type Entity = 'person' | 'company';

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

const nested = (entity: Entity) =>
  NESTS[entity].flatMap(({ root, field, parts }) =>
    parts.map((part) => [`${root}.${part}`, `${field}.${part}`]),
  );

/** Names as Twenty nests them, and the part of the field that each fills. The core combines the parts. */
const NESTED: Record<Entity, Record<string, string>> = {
  person: Object.fromEntries(nested('person')),
  company: Object.fromEntries(nested('company')),
};

/**
 * `External ID`, `externalId` and `external-id` are `external_id`; `Phones / Primary Phone Number` is
 * `phones.primaryPhoneNumber`.
 */
const simplify = (name: string) => name.toLowerCase().replace(/[\s_./-]+/g, '');

const targets: Record<Entity, Map<string, string>> = { person: new Map(), company: new Map() };
for (const entity of ['person', 'company'] as Entity[]) {
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
 */
const targetOf = (entity: Entity, name: string) => targets[entity].get(simplify(name));

/** Every name that a column may have. */
const knownNames = (entity: Entity) => [...FIELDS[entity], ...Object.keys(NESTED[entity])];

/** @param target from {@link targetOf} */
function partsOf(target: string): { field: string; part?: string } {
  const [field, part] = target.split('.', 2);
  return { field, part };
}

/** Stores a value at its target. */
function put(record: Record<string, unknown>, target: string, value: unknown) {
  const { field, part } = partsOf(target);
  if (part === undefined) record[field] = value;
  else {
    record[field] ??= {};
    (record[field] as Record<string, unknown>)[part] = value;
  }
}

/** The targets that provide a field's value. */
const givers = (field: string) => [
  field,
  ...(VALUE_PARTS.get(field) ?? []).map((part) => `${field}.${part}`),
];

export { FIELDS, givers, knownNames, NESTED, partsOf, put, REQUIRED, targetOf };
