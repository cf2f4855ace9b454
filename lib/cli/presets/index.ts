import type { Entity } from '../fields.js';
import { tidyName } from '../text.js';

/** How the export of another program is read. */
export interface Preset {
  /** its name in `--preset` */
  name: string;
  /** name of the program */
  title: string;
  /** sets of columns that only this program writes; one complete set identifies it */
  signs: string[][];
  /**
   * the columns that can fill a field: the first with a value does. A pattern is compared with names in lower case
   * without blanks and punctuation; `Name#2` is the second column of that name
   */
  person?: Fields;
  company?: Fields;
  /** column that marks a row as deleted in the program */
  deleted?: string;
  /** the separator of several values in a cell, of which the first is used; applies to all columns if none is named */
  several?: { separator: string; columns?: string[] };
  /** the same, for lists where no value is the preferred one */
  lists?: { separator: string; columns: string[] };
}

type Fields = Record<string, readonly (string | RegExp)[]>;

const NAMES = ['google', 'outlook', 'linkedin', 'hubspot', 'salesforce'] as const;

export type PresetName = (typeof NAMES)[number];

const presetOf = (name: PresetName) => (require(`./${name}.js`) as { preset: Preset }).preset;

/** `E-mail 2: Address`, `Email 2 Address` and `EMail2Address` are one name. */
const keyOf = (name: string) =>
  tidyName(name)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');

/** Whether a header is from the preset's program. */
function hasSigns({ signs }: Preset, header: readonly string[]) {
  const keys = new Set(header.map(keyOf));
  return signs.some((names) => names.every((name) => keys.has(keyOf(name))));
}

/** The preset whose header this is. */
const findPreset = (entity: Entity, header: readonly string[]) =>
  NAMES.map(presetOf).find((preset) => preset[entity] !== undefined && hasSigns(preset, header));

const offer = ({ name, title }: Preset) =>
  `This looks like an export of ${title}: --preset ${name} reads it.`;

export { findPreset, hasSigns, keyOf, NAMES, offer, presetOf };
