import { inputFailure } from './failure.js';
import type { Entity } from './fields.js';
import { partsOf, targetOf } from './fields.js';
import type { Mapping } from './mapping.js';
import { isReason } from './mapping.js';
import type { Columns } from './presets/columns.js';
import { planPreset } from './presets/columns.js';
import { findPreset, offer } from './presets/index.js';
import { ownerOf, requireColumns, requireFields, requireOnce } from './required.js';
import { quoted, tidyName } from './text.js';
import { adviceOnName, partOf, unknownNames } from './unknown.js';

function planColumns(entity: Entity, header: readonly string[], mapping: Mapping): Columns {
  const names = header.map(tidyName);
  requireColumns(names, mapping);
  if (mapping.preset !== undefined) return planPreset(entity, names, mapping, mapping.preset);
  const parts = entity === 'person' ? partsOfName(names, mapping) : new Map();
  /** column that gives a field */
  const owners: Map<string, number> = new Map();
  const unknown: Set<string> = new Set();
  const targets = names.map((name, index) => {
    if (name === '' || isReason(name) || mapping.ignored.has(name)) return [];
    const own = targetOf(entity, name) ?? parts.get(name);
    const fields = mapping.map.get(name) ?? (own === undefined ? [] : [own]);
    if (fields.length === 0) {
      if (!mapping.ignoreUnknown) unknown.add(name);
      return [];
    }
    requireOnce(names, index, fields);
    for (const field of fields) {
      const owner = owners.get(field) ?? conflictOf(field, owners);
      if (owner !== undefined && owner !== index) throw twice(field, names[owner], name, mapping);
      owners.set(field, index);
    }
    return fields;
  });
  const preset = findPreset(entity, names);
  const offered = preset && offer(preset);
  if (unknown.size > 0) {
    const taken = new Set(owners.keys());
    const whole = owners.get('name');
    const ofName = [...unknown].filter((name) => partOf(name) !== undefined);
    const isBeside = entity === 'person' && whole !== undefined && ofName.length > 0;
    throw unknownNames(entity, 'column', [...unknown], {
      taken,
      offer: offered,
      ...(isBeside && { parts: adviceOnName(ofName, names[whole]) }),
    });
  }
  const least = requireFields(entity, mapping, owners, names, () => (offered ? [offered] : []));
  return { targets, values: (cells) => cells, least, email: ownerOf('email', owners) };
}

/** The columns that hold the parts of a name, if both exist and no column holds the whole name. */
function partsOfName(names: readonly string[], { map, ignored }: Mapping): Map<string, string> {
  const own = names.filter((name) => !ignored.has(name));
  const given = new Set(own.flatMap((name) => map.get(name) ?? targetOf('person', name) ?? []));
  const parts: Map<string, string> = new Map();
  for (const name of own) {
    const part = partOf(name);
    if (part !== undefined && !given.has(part)) parts.set(name, part);
  }
  for (const part of parts.values()) given.add(part);
  const hasBoth = given.has('name.firstName') && given.has('name.lastName');
  return hasBoth && !given.has('name') ? parts : new Map();
}

function conflictOf(target: string, owners: ReadonlyMap<string, number>) {
  const { field, part } = partsOf(target);
  if (part !== undefined) return owners.get(field);
  for (const [other, owner] of owners) if (other.startsWith(`${field}.`)) return owner;
  return undefined;
}

function twice(target: string, one: string, other: string, { map }: Mapping) {
  const part = [one, other].find((name) => partOf(name) !== undefined);
  const advice =
    target === 'name' && part !== undefined && map.has(part)
      ? adviceOnName([part], part === one ? other : one)
      : `Leave one of them out: --ignore ${quoted(other)}`;
  return inputFailure(`Two columns fill ${target}: "${one}" and "${other}"`, advice);
}

const knownColumns = (entity: Entity, header: readonly string[], { map }: Mapping) =>
  header
    .map(tidyName)
    .filter((name) => name !== '' && (map.has(name) || targetOf(entity, name) !== undefined))
    .length;

export { knownColumns, planColumns };
