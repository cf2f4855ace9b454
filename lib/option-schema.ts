import type { SyncServiceOptions } from '../index.js';

/**
 * The place where each option of an interface is read: `core` options are passed to the core as JSON, `here` options
 * are read in JavaScript. An option that is missing here, or that the interface does not declare, is a compile error.
 */
export type Places<Options> = { readonly [Name in keyof Required<Options>]: 'core' | 'here' };

/** The one list of an interface's options, used to check, to suggest and to read them. */
export interface OptionSchema<Options> {
  /** Every name, in the order of the schema. */
  names: readonly (keyof Options & string)[];
  known: ReadonlySet<string>;
  /** Names of the options that the core reads. */
  core: readonly (keyof Options & string)[];
}

function optionSchema<Options>(places: Places<Options>): OptionSchema<Options> {
  const names = Object.keys(places) as (keyof Options & string)[];
  return { names, known: new Set(names), core: names.filter((name) => places[name] === 'core') };
}

/** Options whose shape is checked separately, because few programs set them. */
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
