import type { OutboxRecordKey, OutboxStore } from '../../index.js';
import { isApiError } from '../errors.js';
import type { Unchecked } from '../serialise.js';
import { describe, isArray } from '../serialise.js';
import * as check from '../stores/check.js';

/** The argument of a store's method. */
export type Request<Name extends keyof OutboxStore> = Parameters<NonNullable<OutboxStore[Name]>>[0];

type Method = Exclude<keyof OutboxStore, 'close'>;

type Asked = Record<string, (...values: unknown[]) => unknown>;

/** A part of an answer. It is checked before it is used. */
type Item = Readonly<Record<string, unknown>>;

/** `read` returns the answer of a method with each part read once, or undefined if the answer is not valid. */
const ANSWERS: Record<
  Method,
  { what: string; read: (answer: unknown, question: unknown) => unknown }
> = {
  enqueue: { what: 'anything', read: () => null },
  claim: { what: 'a list of records with their changes', read: listReader(readClaim) },
  renew: { what: 'a number', read: ofType('number') },
  settle: {
    what: 'a list with an entry for each record',
    read(answer, question) {
      const { records } = question as Request<'settle'>;
      const held = listReader(Boolean)(answer);
      return held?.length === records.length ? held : undefined;
    },
  },
  stats: { what: 'counts', read: readCounts },
  deadLetters: { what: 'a list of dead letters', read: listReader(readDeadLetter) },
  retry: { what: 'true or false', read: ofType('boolean') },
  retryAll: { what: 'a number', read: ofType('number') },
  purge: { what: 'a number', read: ofType('number') },
};

const COUNTS = ['pending', 'changes', 'inFlight', 'delayed', 'deadLetters'];

/** Dead letters that are read at once, if the store cannot retry all of them itself. */
const PAGE = 1_000;

/** A store as the outbox calls it: an exception or an invalid answer becomes an error of this package. */
function askedStore(store: OutboxStore): Required<OutboxStore> {
  const asked = {} as Record<Method | 'close', (...values: never[]) => Promise<unknown>>;
  for (const [name, { what, read }] of Object.entries(ANSWERS)) {
    const method = name as Method;
    asked[method] = async (question: unknown, ...rest: unknown[]) => {
      try {
        const answer = await (store as unknown as Asked)[method](question, ...rest);
        const found = read(answer, question);
        if (found !== undefined) return found;
      } catch (error) {
        throw failureOf(method, error);
      }
      throw check.storeError(`the outbox's store: ${method} must return ${what}`);
    };
  }
  const complete = asked as unknown as Required<OutboxStore>;
  if (!canRetryAll(store)) asked.retryAll = (how: Request<'retryAll'>) => retryEach(complete, how);
  asked.close = async () => {
    try {
      await store.close?.();
    } catch (error) {
      throw failureOf('close', error);
    }
  };
  return complete;
}

function canRetryAll(store: OutboxStore) {
  try {
    return typeof store.retryAll === 'function';
  } catch {
    return false;
  }
}

/** `retryAll` for a store without it. */
async function retryEach(store: OutboxStore, { olderThanMs }: { olderThanMs?: number }) {
  const before = olderThanMs === undefined ? Number.POSITIVE_INFINITY : Date.now() - olderThanMs;
  let found = 0;
  let from: { after?: OutboxRecordKey } = {};
  while (true) {
    const page = await store.deadLetters({ limit: PAGE, ...from });
    for (const { entity, externalId, deadAt } of page) {
      if (deadAt < before && (await store.retry({ entity, externalId }))) found += 1;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return found;
    from = { after: { entity: last.entity, externalId: last.externalId } };
  }
}

function silent(method: string) {
  const message = `the outbox's store: ${method} did not answer in time`;
  return check.storeError(message, { isRetryable: true });
}

function failureOf(method: string, error: unknown) {
  if (isApiError(error)) return error;
  const message = `the outbox's store: ${method} failed: ${describe(error)}`;
  return check.storeError(message, { isRetryable: saysRetryable(error), cause: error });
}

function saysRetryable(error: unknown) {
  try {
    return (error as Unchecked)?.isRetryable === true;
  } catch {
    return false;
  }
}

function ofType(type: string) {
  return (answer: unknown) => (typeof answer === type ? answer : undefined);
}

function listReader<T>(
  readItem: (item: Item) => T | undefined,
): (answer: unknown) => T[] | undefined {
  return (answer) => {
    if (!isArray(answer)) return undefined;
    const items = [...answer].map((item) => readItem(item as Item));
    return items.includes(undefined) ? undefined : (items as T[]);
  };
}

function readClaim({ entity, externalId, attempts, changes }: Item) {
  if (!isRecord(entity, externalId) || !Number.isInteger(attempts)) return undefined;
  const read = listReader(readChange)(changes);
  return read && { entity, externalId, attempts, changes: read };
}

function readChange({ id, payload, isDead, enqueuedAt, error }: Item) {
  if (payload !== null && typeof payload !== 'string') return undefined;
  return { id, payload, isDead: isDead === true, enqueuedAt, error };
}

function readDeadLetter({ entity, externalId, payload, info, error, enqueuedAt, deadAt }: Item) {
  if (!isRecord(entity, externalId)) return undefined;
  if (payload !== null && !isObject(JSON.parse(payload as string))) return undefined;
  return { entity, externalId, payload, info, error, enqueuedAt, deadAt };
}

function readCounts(answer: unknown) {
  const counts = answer as Item;
  const { oldestAt } = counts;
  const isTime = oldestAt === null || typeof oldestAt === 'number';
  const read = Object.fromEntries(COUNTS.map((name) => [name, counts[name]]));
  const areNumbers = Object.values(read).every((count) => typeof count === 'number');
  return isTime && areNumbers ? { ...read, oldestAt } : undefined;
}

const isRecord = (entity: unknown, externalId: unknown) =>
  (entity === 'person' || entity === 'company') && typeof externalId === 'string';

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !isArray(value);

export { askedStore, silent };
