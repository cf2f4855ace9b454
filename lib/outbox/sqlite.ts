import { readFileSync } from 'node:fs';
import type {
  ClosableOutboxStore,
  OutboxClaim,
  OutboxCounts,
  SqliteOutboxOptions,
  StoredDeadLetter,
} from '../../index.js';
import type { SqliteOutbox as NativeOutbox } from '../../native.js';
import { native } from '../native.js';
import { optionSchema } from '../option-schema.js';
import { invalid } from '../serialise.js';
import { ask, construct } from '../stores/native-call.js';
import { secretsJsonOf } from '../stores/secrets.js';
import { readNamed } from './arguments.js';
import type { Request } from './asked-store.js';

/** A clock that all processes of a machine share and nobody can set: the time since boot. Leases and delays use it. */
const uptimeMs = () => Math.floor(Number(process.hrtime.bigint() / 1_000n) / 1_000);

let foundEpoch: string | null | undefined;

/** Identifies the machine's current boot, because the clock restarts with it; null where there is no such id. */
function epoch() {
  if (foundEpoch !== undefined) return foundEpoch;
  try {
    foundEpoch = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() || null;
  } catch {
    foundEpoch = null;
  }
  return foundEpoch;
}

const OPTIONS = optionSchema<SqliteOutboxOptions>({ now: 'here', secret: 'here', secrets: 'here' });

/** Hidden from `util.inspect`. */
const natives: WeakMap<object, NativeOutbox> = new WeakMap();

/**
 * An outbox in an SQLite file, for one machine and any number of processes. A missing file is created, readable only by
 * its owner. Its directory must exist, and must not be on a network drive. Mapping and config stores may share the
 * file. A change that was reported as enqueued survives the death of the process and a power failure.
 * @param path Path of the file, or `:memory:`, which survives nothing.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if the path or a secret is not valid.
 */
function sqliteOutbox(path: string, options?: SqliteOutboxOptions): ClosableOutboxStore {
  return new SqliteOutbox(path, options);
}

class SqliteOutbox implements ClosableOutboxStore {
  #now: () => number;
  /** The time for leases and delays. The core adds the time that it waits for the file's lock. */
  #clock;

  constructor(path: string, options?: SqliteOutboxOptions) {
    if (typeof path !== 'string') throw invalid('path', 'path must be a string');
    const { now: given } = readNamed('sqliteOutbox', options, OPTIONS.names);
    const now = given ?? Date.now;
    if (typeof now !== 'function') throw invalid('now', 'now must be a function');
    this.#now = now as () => number;
    this.#clock = () =>
      given === undefined
        ? { nowMs: uptimeMs(), epoch: epoch(), runs: true }
        : { nowMs: this.#now(), epoch: null, runs: false };
    const secrets = secretsJsonOf(options);
    natives.set(
      this,
      construct(() => new native.SqliteOutbox(path, secrets)),
    );
  }

  async enqueue(changes: Request<'enqueue'>, options?: { client?: unknown }) {
    if (options?.client !== undefined) {
      throw invalid(
        'client',
        'client works only with postgresOutbox: SQLite has no other connection',
      );
    }
    await this.#ask({ enqueue: { changes, at: this.#now() } });
  }

  async claim({ token, limit, leaseMs, isProbe }: Request<'claim'>) {
    return this.#ask<OutboxClaim[]>({
      claim: { token, limit, isProbe, leaseMs, clock: this.#clock() },
    });
  }

  async renew({ token, leaseMs }: Request<'renew'>) {
    return this.#ask<number>({ renew: { token, leaseMs, clock: this.#clock() } });
  }

  async settle({ token, records }: Request<'settle'>) {
    return this.#ask<boolean[]>({
      settle: { token, records, clock: this.#clock(), at: this.#now() },
    });
  }

  async stats() {
    return this.#ask<OutboxCounts & { oldestAt: number | null }>({
      stats: { clock: this.#clock() },
    });
  }

  async deadLetters({ limit, after }: Request<'deadLetters'>) {
    return this.#ask<StoredDeadLetter[]>({ deadLetters: { limit, after: after ?? null } });
  }

  async retry({ entity, externalId }: Request<'retry'>) {
    return this.#ask<boolean>({ retry: { entity, externalId } });
  }

  async retryAll({ olderThanMs }: Request<'retryAll'>) {
    return this.#ask<number>({ retryAll: { before: this.#before(olderThanMs) } });
  }

  async purge({ entity, externalId, olderThanMs, pending }: Request<'purge'>) {
    const before = this.#before(olderThanMs);
    return this.#ask<number>({
      purge: { entity, externalId, before, pending, clock: this.#clock() },
    });
  }

  async close() {
    await ask((dispatcher, call) => of(this).close(dispatcher, call));
  }

  #before(olderThanMs: number | undefined) {
    return olderThanMs === undefined ? undefined : this.#now() - olderThanMs;
  }

  #ask<Answer>(request: object) {
    const json = JSON.stringify(request);
    return ask<Answer>((dispatcher, call) => of(this).ask(dispatcher, call, json));
  }
}

function of(store: object) {
  const found = natives.get(store);
  if (found === undefined) throw new TypeError('not a store of sqliteOutbox');
  return found;
}

export { sqliteOutbox };
