import type { Entity } from '../fields.js';
import { tidyName } from '../text.js';

/** How an export of another program is read. */
export interface Preset {
  /** as `--preset` has it */
  name: string;
  /** of the program */
  title: string;
  /** columns that only it has, where all of one list are there */
  signs: string[][];
  /**
   * which columns give a field: the first of them that has a value. A pattern is compared with
   * names without blanks and marks, in lower case; `Name#2` is the second column of that name
   */
  person?: Fields;
  company?: Fields;
  /** column that says of a row that the program has deleted it */
  deleted?: string;
  /**
   * how values of one cell are divided, of which the first is
   * taken; of all columns where none is named
   */
  several?: { separator: string; columns?: string[] };
  /** the same, where none of several is the first by right */
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

/** Whether a header is that of a preset's program. */
function hasSigns({ signs }: Preset, header: readonly string[]) {
  const keys = new Set(header.map(keyOf));
  return signs.some((names) => names.every((name) => keys.has(keyOf(name))));
}

/** The preset that a header looks like. */
const findPreset = (entity: Entity, header: readonly string[]) =>
  NAMES.map(presetOf).find((preset) => preset[entity] !== undefined && hasSigns(preset, header));

const offer = ({ name, title }: Preset) =>
  `This looks like an export of ${title}: --preset ${name} reads it.`;

export { findPreset, hasSigns, keyOf, NAMES, offer, presetOf };
