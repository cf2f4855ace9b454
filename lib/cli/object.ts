import { readFileSync } from 'node:fs';
import { messageOf } from '../serialise.js';
import { usageFailure } from './failure.js';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param needed for display */
function readObject(option: string, file: string, needed: string) {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw usageFailure(`${option} ${file} cannot be read: ${messageOf(error)}`);
  }
  if (!isObject(value)) throw usageFailure(`${option} ${file} must hold ${needed}`);
  return value;
}

export { isObject, readObject };
