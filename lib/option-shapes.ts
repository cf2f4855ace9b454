import type { CollisionOptions, FieldOwner } from '../index.js';
import { TWENTY_CRM_DEFAULTS } from './defaults.js';
import type { ShapedOption } from './option-schema.js';
import { invalid, unlessLong } from './serialise.js';

/** Longest option name that an error repeats, in characters. */
const MAX_NAME = 100;

/** Who may own a field. */
const OWNERS = Object.freeze(['always', 'if-empty', 'create-only'] satisfies FieldOwner[]);

type Choices = {
  readonly [Name in keyof Required<CollisionOptions>]: readonly CollisionOptions[Name][];
};

/** The choices of each option in `collisions`. */
const CHOICES = Object.freeze({
  unclaimedMatch: Object.freeze(['link', 'adopt', 'report']),
  claimedMatch: Object.freeze(['leave_out', 'take_over', 'report']),
  deletedMatch: Object.freeze(['leave_out', 'report']),
  ownDeleted: Object.freeze(['revive', 'skip', 'report']),
  ownGone: Object.freeze(['create', 'skip', 'report']),
} satisfies Choices);

/** Refuses a value that has not the option's shape. */
type Shape = (option: string, value: unknown) => void;

const text: Shape = (option, value) => {
  if (typeof value !== 'string') throw invalid(option, `${option} must be a string`);
};

const SHAPES: Record<ShapedOption, Shape> = {
  companyKey: text,
  batching(option, value) {
    if (typeof value === 'boolean') return;
    throw invalid(option, `${option} must be true or false`);
  },
  defaultCountry: text,
  invalidEmail: text,
  missingEmail: text,
  namespace: text,
  collisions(option, value) {
    for (const [name, choice] of entriesOf(option, option, value)) {
      if (!Object.hasOwn(CHOICES, name)) throw unknown(option, option, name, Object.keys(CHOICES));
      requireChoice(option, `${option}.${name}`, choice, CHOICES[name as 'ownGone']);
    }
  },
  fieldOwnership(option, value) {
    for (const [entity, owners] of entriesOf(option, option, value)) {
      if (entity !== 'person' && entity !== 'company') {
        throw unknown(option, option, entity, ['person', 'company']);
      }
      for (const [name, owner] of entriesOf(option, `${option}.${entity}`, owners)) {
        const shown = `${option}.${entity}.${unlessLong(name, MAX_NAME)}`;
        requireChoice(option, shown, owner, OWNERS);
      }
    }
  },
  fieldNames(option, value) {
    for (const [name, field] of entriesOf(option, option, value)) {
      if (!Object.hasOwn(TWENTY_CRM_DEFAULTS.fieldNames, name)) {
        throw unknown(option, option, name, Object.keys(TWENTY_CRM_DEFAULTS.fieldNames));
      }
      const names = name === 'plan' && Array.isArray(field) ? field : [field];
      if (names.every((one) => typeof one === 'string')) continue;
      const or = name === 'plan' ? ', or a list of strings' : '';
      throw invalid(option, `${option}.${name} must be a string${or}`);
    }
  },
};

/**
 * Checked here, because errors of the core's parser would name its own types.
 * @param values parsed from JSON
 */
function requireShapes(values: Record<string, unknown>) {
  for (const option of Object.keys(values)) {
    if (Object.hasOwn(SHAPES, option)) SHAPES[option as ShapedOption](option, values[option]);
  }
}

function entriesOf(option: string, name: string, value: unknown) {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value);
  }
  throw invalid(option, `${name} must be an object`);
}

function requireChoice(option: string, name: string, value: unknown, choices: readonly string[]) {
  if (choices.includes(value as string)) return;
  throw invalid(option, `${name} must be one of ${choices.join(', ')}`);
}

function unknown(option: string, where: string, name: string, known: readonly string[]) {
  const shown = unlessLong(name, MAX_NAME);
  return invalid(option, `${where} has no "${shown}": use one of ${known.join(', ')}`);
}

export { CHOICES, OWNERS, requireShapes };
