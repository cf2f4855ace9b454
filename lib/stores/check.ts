import type { MappedObjectType, MappingInput } from '../../index.js';
import { apiError, TwentyCrmErrorCode } from '../errors.js';
import { readOptions } from '../options.js';
import { describe, invalid, isArray, unlessLong } from '../serialise.js';

/** Longest message, in characters. */
const MAX_MESSAGE = 4_000;

const MAPPING = ['everId', 'crmId', 'objectType', 'dataForHash', 'versionHash'] as const;

/** PostgreSQL accepts no NUL, and UTF-8 has no half surrogate pairs. */
function text(field: string, value: unknown) {
  if (typeof value !== 'string' || value === '') {
    throw invalid(field, `${field} must be a non-empty string`);
  }
  if (value.includes('\0') || !isWellFormed(value)) {
    throw invalid(
      field,
      `${field} must not contain NUL or half a surrogate pair: ${unlessLong(JSON.stringify(value), 200)}`,
    );
  }
  return value;
}

function isWellFormed(value: string) {
  // Node has it since 20, the types since ES2024.
  return (value as string & { isWellFormed(): boolean }).isWellFormed();
}

function objectType(value: unknown): MappedObjectType {
  if (value === 'person' || value === 'company') return value;
  throw invalid('objectType', 'objectType must be "person" or "company"');
}

function everIds(values: unknown) {
  return listOf('everIds', values).map((value) => text('everId', value));
}

/** The items of an array, each read once. */
function listOf(what: string, values: unknown): unknown[] {
  if (!isArray(values)) throw invalid(what, `${what} must be an array`);
  try {
    return Array.from({ length: values.length }, (_, at) => values[at]);
  } catch (cause) {
    throw invalid(what, `${what} cannot be read: ${describe(cause)}`, cause);
  }
}

function mappingInput(value: unknown): MappingInput {
  if (typeof value !== 'object' || value === null) {
    throw invalid('mapping', 'a mapping must be an object');
  }
  const {
    everId,
    crmId,
    objectType: type,
    dataForHash,
    versionHash,
  } = readOptions('mapping', value, MAPPING);
  if (dataForHash !== undefined && (typeof dataForHash !== 'object' || isArray(dataForHash))) {
    throw invalid('dataForHash', 'dataForHash must be an object');
  }
  if (versionHash !== undefined && versionHash !== null) text('versionHash', versionHash);
  return {
    everId: text('everId', everId),
    crmId: text('crmId', crmId),
    objectType: objectType(type),
    ...(dataForHash ? { dataForHash: dataForHash as Record<string, unknown> } : {}),
    ...(versionHash ? { versionHash: versionHash as string } : {}),
  };
}

/** If a key occurs twice, the later item wins, as if they were written one after the other. */
function mappingInputs(values: unknown): MappingInput[] {
  const byKey: Map<string, MappingInput> = new Map();
  for (const value of listOf('mappings', values)) {
    const mapping = mappingInput(value);
    const key = keyOf(mapping.objectType, mapping.everId);
    byKey.delete(key);
    byKey.set(key, mapping);
  }
  return [...byKey.values()];
}

function keyOf(type: string, everId: string) {
  return `${type}:${everId}`;
}

function storeError(
  message: string,
  { isRetryable = false, cause }: { isRetryable?: boolean; cause?: unknown } = {},
) {
  // The message contains names of tables and schemas, which may be of any length.
  const isLong = message.length > MAX_MESSAGE;
  const short = isLong ? 'a store failed, but its message is too long to be shown' : message;
  const options = { isRetryable, details: { reason: 'STORE' } };
  return apiError(TwentyCrmErrorCode.OPERATION_FAILED, short, options, cause);
}

/** Milliseconds since 1970, strictly increasing: a later write has a later time. */
function createClock() {
  let last = 0;
  return () => {
    last = Math.max(Date.now(), last + 1);
    return last;
  };
}

export { createClock, everIds, keyOf, mappingInputs, objectType, storeError, text };
