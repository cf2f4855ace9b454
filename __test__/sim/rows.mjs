// Finds the records in recorded answers, so that the simulator can be given the rows that the recording assumes (the
// dev seed, and rows written without a transcript).

/**
 * @typedef {{plural: string, row: Record<string, any>}} Found
 */

/** Object and relation names of the workspace, read from the simulator's own metadata. */
export class Names {
  /** @param {any[]} objects As `GET /rest/metadata/objects` lists them. */
  constructor(objects) {
    /** @type {Map<string, string>} Response key to plural name. */
    this.plurals = new Map([
      ['accountOwner', 'workspaceMembers'],
      ['pointOfContactForOpportunities', 'opportunities'],
      ['listMemberships', 'messageListMembers'],
      ['personDuplicates', 'people'],
    ]);
    this.relations = new Map();
    for (const { nameSingular, namePlural, fields } of objects) {
      const one = nameSingular[0].toUpperCase() + nameSingular.slice(1);
      const many = namePlural[0].toUpperCase() + namePlural.slice(1);
      this.plurals.set(nameSingular, namePlural).set(namePlural, namePlural);
      for (const verb of ['create', 'update', 'delete', 'restore', 'merge']) {
        this.plurals.set(`${verb}${one}`, namePlural).set(`${verb}${many}`, namePlural);
      }
      this.relations.set(
        namePlural,
        new Set(fields.filter((field) => field.type === 'RELATION').map((field) => field.name)),
      );
    }
  }
}

/**
 * @param {any} body A recorded answer.
 * @param {Names} names
 * @returns {Found[]} Every record in it, with relations as records of their own.
 */
export function rowsIn(body, names) {
  const found = [];
  visit(body, undefined, names, found);
  return found;
}

function visit(value, plural, names, found) {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, plural, names, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value.edges)) {
    for (const { node } of value.edges) visit(node, plural, names, found);
    return;
  }
  if (plural && typeof value.id === 'string') {
    const relations = names.relations.get(plural) ?? new Set();
    const row = {};
    for (const [key, content] of Object.entries(value)) {
      if (relations.has(key)) visit(content, names.plurals.get(key), names, found);
      else row[key] = content;
    }
    // An answer with the id alone says nothing about the row.
    if (Object.keys(row).length > 1) found.push({ plural, row });
    return;
  }
  for (const [key, content] of Object.entries(value)) {
    visit(content, names.plurals.get(key), names, found);
  }
}
