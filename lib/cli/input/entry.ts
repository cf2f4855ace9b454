import type { RecordFailure } from '../mapping.js';
import { BadRecord } from '../mapping.js';

interface Place {
  /** line in which the record begins, from 1 */
  line: number;
  /** offset after it, in bytes of UTF-8 */
  end: number;
}

/** Cells of CSV, a JSON value, or the raw text if neither could be read. */
export interface Source {
  cells?: string[];
  json?: Record<string, unknown>;
  text?: string;
  /** `text` is only the beginning. */
  isCut?: boolean;
}

interface Outcome {
  /** the record to send */
  record?: Record<string, unknown>;
  /** why it is not sent */
  failure?: RecordFailure;
  /** as it was read, for the rejects file: cells, a JSON value, or text */
  source: Source;
}

/** one record of the input */
export type Entry = Place & Outcome;

const refused = (
  { line, end }: Place,
  source: Source,
  { code, field, message, unknown }: RecordFailure,
): Entry => ({
  ...{ line, end, source },
  failure: { code, ...(field !== undefined && { field }), message, ...(unknown && { unknown }) },
});

/** @param make throws {@link BadRecord} */
function toEntry(place: Place, source: Source, make: () => Record<string, unknown>): Entry {
  try {
    return { line: place.line, end: place.end, source, record: make() };
  } catch (error) {
    if (error instanceof BadRecord) return refused(place, source, error);
    throw error;
  }
}

export { refused, toEntry };
