import type { Mapping } from './mapping.js';
import { BadRecord } from './mapping.js';
import { made } from './presets/id-from.js';
import { CELL_ERROR, CELL_ERRORS, EXPONENT, MARKS, NOTHING, WHY } from './tables/spoilt-ids.js';

/** Why an id is not usable, or undefined. */
function spoilt(id: string) {
  const text = id.trim();
  if (text === '' || text.length > 40) return undefined;
  if (EXPONENT.test(text)) return 'number';
  if (CELL_ERROR.test(text) || CELL_ERRORS.has(text.toUpperCase())) return 'error';
  return NOTHING.has(text.toLowerCase()) || MARKS.test(text) ? 'nothing' : undefined;
}

function requireIds(record: Record<string, unknown>) {
  for (const field of ['external_id', 'company_external_id']) {
    const id = record[field];
    const why = typeof id === 'string' ? spoilt(id) : undefined;
    if (why === undefined) continue;
    throw new BadRecord(
      field,
      `${field} is "${id}": ${WHY[why]}. To send it anyway, pass --allow-id`,
    );
  }
}

/** @returns throws {@link BadRecord} */
function identifier({
  idFrom,
  allowId,
}: Mapping): (record: Record<string, unknown>) => Record<string, unknown> {
  return (record) => {
    if (idFrom !== undefined) record.external_id = made(record, idFrom);
    if (!allowId) requireIds(record);
    return record;
  };
}

export { identifier, spoilt };
