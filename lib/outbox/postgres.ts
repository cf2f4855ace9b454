import type {
  OutboxClaim,
  OutboxEntity,
  PostgresOutboxOptions,
  PostgresPool,
  PostgresOutbox as PublicOutbox,
} from '../../index.js';
import { optionSchema } from '../option-schema.js';
import { invalid } from '../serialise.js';
import * as check from '../stores/check.js';
import { canQuery, codeOf, runQuery, UNDEFINED_TABLE } from '../stores/postgres-query.js';
import { quoted } from '../stores/postgres-sql.js';
import { readNamed } from './arguments.js';
import type { Request } from './asked-store.js';
import { createStatements, migrate, NEWER_VERSION, NEWEST } from './postgres-sql.js';

const OPTIONS = optionSchema<PostgresOutboxOptions>({ table: 'here', schema: 'here', now: 'here' });

const DEFAULT_TABLE = 'twenty_crm_outbox';

/** What to do about refusals, by SQLSTATE. */
const ADVICE = {
  [UNDEFINED_TABLE]: '. Its tables were removed; the next call creates them again',
  '42P07': '. The name is already taken by another table: choose another with the option table',
};

/** PostgreSQL cuts longer names off, and index names need some of the length. */
const LONGEST_NAME = 48;

/**
 * An outbox in PostgreSQL on the caller's own pool, for any number of instances. Changes can be enqueued inside a
 * transaction of the caller, and then exist exactly if it commits. It only uses the pool's `query`, without session
 * state and without transactions, so it works behind a transaction pooler.
 * @throws {TwentyCrmApiError} `VALIDATION_ERROR` if an argument is not valid.
 */
function postgresOutbox(pool: PostgresPool, options?: PostgresOutboxOptions): PublicOutbox {
  return new PostgresOutbox(pool, options ?? {});
}

class PostgresOutbox implements PublicOutbox {
  #pool;
  #tables;
  #schema;
  #statements;
  #now;
  #isClosed = false;
  /** Whether the tables exist in the newest version. */
  #ready: Promise<void> | undefined;

  constructor(pool: PostgresPool, options: PostgresOutboxOptions) {
    if (!canQuery(pool)) {
      throw invalid('pool', 'pool must be a pool of the package pg: it has no method query');
    }
    const given = readNamed('postgresOutbox', options, OPTIONS.names);
    const { schema, now } = given;
    const table = check.text('table', given.table === undefined ? DEFAULT_TABLE : given.table);
    if (Buffer.byteLength(table) > LONGEST_NAME) {
      throw invalid('table', `table must have at most ${LONGEST_NAME} bytes`);
    }
    if (now !== undefined && typeof now !== 'function') {
      throw invalid('now', 'now must be a function');
    }
    this.#schema = schema === undefined ? undefined : quoted(check.text('schema', schema));
    const prefix = this.#schema === undefined ? '' : `${this.#schema}.`;
    const name = (suffix: string) => `${prefix}${quoted(table + suffix)}`;
    this.#pool = pool;
    this.#tables = { changes: name(''), lanes: name('_lanes'), version: name('_version') };
    this.#statements = createStatements(this.#tables);
    this.#now = () => now?.() ?? null;
  }

  async enqueue(changes: Request<'enqueue'>, options?: { client?: unknown }) {
    const client = options?.client;
    if (client !== undefined && !canQuery(client)) {
      throw invalid('client', 'client must be a client of the package pg: it has no method query');
    }
    this.#requireOpen();
    await this.#prepared(client);
    const values = [
      changes.map(({ entity }) => entity),
      changes.map(({ externalId }) => externalId),
      changes.map(({ needs }) => needs),
      changes.map(({ payload }) => payload),
      this.#now(),
    ];
    await this.#query(this.#statements.enqueue, values, client);
  }

  async claim({ token, limit, leaseMs, isProbe }: Request<'claim'>) {
    await this.#open();
    const { due, probe, held } = this.#statements;
    const values = [token, limit, leaseMs, this.#now()];
    const lanes = await this.#query<LaneRow>(isProbe ? probe : due, values);
    if (lanes.length === 0) return [];
    // Read them only now: while this worker holds the record, no other worker can change what it reads.
    const rows = await this.#query<ChangeRow>(held, [token]);
    const attempts = new Map(
      lanes.map((lane) => [check.keyOf(lane.entity, lane.external_id), lane.attempts]),
    );
    /** Ordered by their oldest changes. */
    const claims: Map<string, OutboxClaim> = new Map();
    for (const row of rows) {
      const key = check.keyOf(row.entity, row.external_id);
      const claim = claims.get(key) ?? toClaim(row, attempts.get(key) as number);
      claims.set(key, claim);
      claim.changes.push({
        id: row.id,
        payload: row.payload,
        isDead: row.is_dead,
        enqueuedAt: Number(row.enqueued_at),
      });
    }
    // Another worker may have delivered all changes of some in the meantime: those must be handed back, too.
    for (const lane of lanes) {
      const key = check.keyOf(lane.entity, lane.external_id);
      if (!claims.has(key)) claims.set(key, toClaim(lane, lane.attempts));
    }
    return [...claims.values()];
  }

  async renew({ token, leaseMs }: Request<'renew'>) {
    await this.#open();
    const rows = await this.#query(this.#statements.renew, [token, leaseMs, this.#now()]);
    return rows.length;
  }

  async settle({ token, records }: Request<'settle'>) {
    await this.#open();
    const rewritten = records.flatMap(({ rewrite }) => rewrite);
    const rows = await this.#query<KeyRow>(this.#statements.settle, [
      token,
      records.map(({ entity }) => entity),
      records.map(({ externalId }) => externalId),
      records.map(({ lane }) => lane?.attempts ?? null),
      records.map(({ lane }) => lane?.delayMs ?? 0),
      records.flatMap(({ remove }) => remove),
      rewritten.map(({ id }) => id),
      rewritten.map(({ payload }) => payload),
      rewritten.map(({ needs }) => needs),
      rewritten.map(({ dead }) => (dead === null ? null : JSON.stringify(dead))),
      this.#now(),
    ]);
    const held = new Set(rows.map((row) => check.keyOf(row.entity, row.external_id)));
    return records.map(({ entity, externalId }) => held.has(check.keyOf(entity, externalId)));
  }

  async stats() {
    await this.#open();
    const [row] = await this.#query<Record<string, unknown>>(this.#statements.stats, [this.#now()]);
    return {
      pending: Number(row.pending),
      changes: Number(row.changes),
      oldestAt: row.oldest_at === null ? null : Number(row.oldest_at),
      deadLetters: Number(row.dead_letters),
      inFlight: Number(row.in_flight),
      delayed: Number(row.delayed),
    };
  }

  async deadLetters({ limit, after }: Request<'deadLetters'>) {
    await this.#open();
    const values = [after?.entity ?? '', after?.externalId ?? '', limit];
    const rows = await this.#query<DeadRow>(this.#statements.dead, values);
    return rows.map((row) => ({
      entity: row.entity,
      externalId: row.external_id,
      payload: row.payload,
      info: JSON.parse(row.info),
      enqueuedAt: Number(row.enqueued_at),
      deadAt: Number(row.dead_at),
    }));
  }

  async retry({ entity, externalId }: Request<'retry'>) {
    await this.#open();
    const rows = await this.#query(this.#statements.retry, [entity, externalId]);
    return rows.length > 0;
  }

  async retryAll({ olderThanMs }: Request<'retryAll'>) {
    await this.#open();
    const values = [olderThanMs ?? null, this.#now()];
    const [{ found }] = await this.#query<{ found: unknown }>(this.#statements.retryAll, values);
    return Number(found);
  }

  async purge({ entity, externalId, olderThanMs, pending }: Request<'purge'>) {
    await this.#open();
    const values = [pending, entity ?? null, externalId ?? null, olderThanMs ?? null, this.#now()];
    const [{ gone }] = await this.#query<{ gone: unknown }>(this.#statements.purge, values);
    await this.#query(this.#statements.tidy, [this.#now()]);
    return Number(gone);
  }

  async migrate() {
    await this.#open();
  }

  async close() {
    this.#isClosed = true;
  }

  #requireOpen() {
    if (this.#isClosed) throw check.storeError('the store is closed: create a new one');
  }

  async #open() {
    this.#requireOpen();
    await this.#prepared(undefined);
  }

  /**
   * Runs once; a failure is not cached.
   * @param client a connection of the caller: it can report its state without waiting for another one
   */
  #prepared(client: PostgresPool | undefined) {
    if (this.#ready === undefined) {
      const preparing = this.#prepare(client);
      this.#ready = preparing;
      preparing.catch(() => {
        if (this.#ready === preparing) this.#ready = undefined;
      });
    }
    return this.#ready;
  }

  async #prepare(client: PostgresPool | undefined) {
    const { exists, version } = this.#statements;
    const [{ found }] = await this.#query<{ found: boolean }>(
      exists,
      [this.#tables.version],
      client,
    );
    if (found) {
      const [{ version: at }] = await this.#query<{ version: number }>(version, [], client);
      if (at > NEWEST) throw newer(this.#tables.changes);
      if (at === NEWEST) return;
    }
    try {
      // Never on the caller's connection: a rollback there would undo it.
      await this.#query(migrate(this.#tables), [], undefined, 'migrate()');
    } catch (error) {
      throw codeOf(error) === NEWER_VERSION ? newer(this.#tables.changes) : error;
    }
  }

  /** @param creator the method that creates the tables */
  async #query<Row>(text: string, values: unknown[], client?: PostgresPool, creator?: string) {
    try {
      return await runQuery<Row>(client ?? this.#pool, text, values, {
        what: `outbox ${this.#tables.changes}`,
        tables: Object.values(this.#tables),
        schema: this.#schema,
        creator,
        advice: ADVICE,
        isOnce: client !== undefined,
      });
    } catch (error) {
      if (codeOf(error) === UNDEFINED_TABLE) this.#ready = undefined;
      throw error;
    }
  }
}

interface KeyRow {
  entity: OutboxEntity;
  external_id: string;
}

interface LaneRow extends KeyRow {
  attempts: number;
}

interface ChangeRow extends KeyRow {
  id: string;
  payload: string | null;
  is_dead: boolean;
  enqueued_at: unknown;
}

interface DeadRow extends KeyRow {
  payload: string | null;
  info: string;
  enqueued_at: unknown;
  dead_at: unknown;
}

function toClaim(row: KeyRow, attempts: number): OutboxClaim {
  return { entity: row.entity, externalId: row.external_id, attempts, changes: [] };
}

function newer(table: string) {
  return check.storeError(
    `the tables of the outbox ${table} were made by a newer version of twenty-crm-native: update the package`,
  );
}

export { postgresOutbox };
