import type { SyncServiceOptions } from '../index.js';

/**
 * Where each option of an interface goes: `core` is written to the core as JSON, `here` is used in JavaScript. One that
 * is left out, or that the interface does not declare, does not compile.
 */
export type Places<Options> = { readonly [Name in keyof Required<Options>]: 'core' | 'here' };

/** An options object: the one list that is checked, suggested from and read. */
export interface OptionSchema<Options> {
  /** Every name, in the order of the schema. */
  names: readonly (keyof Options & string)[];
  known: ReadonlySet<string>;
  /** Names of those that the core reads. */
  core: readonly (keyof Options & string)[];
}

function optionSchema<Options>(places: Places<Options>): OptionSchema<Options> {
  const names = Object.keys(places) as (keyof Options & string)[];
  return { names, known: new Set(names), core: names.filter((name) => places[name] === 'core') };
}

/** Options with a shape of their own, which few programs give. */
const SHAPED_NAMES = [
  'batching',
  'collisions',
  'companyKey',
  'defaultCountry',
  'fieldNames',
  'fieldOwnership',
  'invalidEmail',
  'missingEmail',
  'namespace',
] as const satisfies readonly (keyof SyncServiceOptions)[];

export type ShapedOption = (typeof SHAPED_NAMES)[number];

const SHAPED: ReadonlySet<string> = new Set(SHAPED_NAMES);

export { optionSchema, SHAPED };
