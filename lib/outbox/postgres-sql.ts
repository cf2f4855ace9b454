interface Tables {
  /** quoted, with its schema */
  changes: string;
  lanes: string;
  version: string;
}

/** Advisory lock for instances that create the tables at the same time. */
const MIGRATION_LOCK = 8_391_407_513;

/**
 * No delay is longer than this, and every lease is much shorter (`settings.js`). A time further ahead means that the
 * clock was set back: it is ignored. Leases stay well below the limit, so that a slightly later statement of another
 * instance is not taken for one.
 */
const LONGEST_MS = 3_600_000;

/** One entry per version of the tables, in order. Published entries are never edited: add a new one. */
const MIGRATIONS: ((tables: Tables) => string)[] = [
  ({ changes, lanes }) => `
    CREATE TABLE ${changes} (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      entity text NOT NULL CHECK (entity IN ('person', 'company')),
      external_id text NOT NULL,
      needs text,
      enqueued_at bigint NOT NULL,
      payload text NOT NULL,
      is_dead boolean NOT NULL DEFAULT false,
      dead_at bigint,
      dead_info text,
      CHECK (is_dead = (dead_at IS NOT NULL) AND is_dead = (dead_info IS NOT NULL))
    );
    CREATE INDEX ON ${changes} (external_id, entity, id);
    CREATE INDEX ON ${changes} (entity, id) WHERE NOT is_dead;
    CREATE TABLE ${lanes} (
      entity text NOT NULL,
      external_id text NOT NULL,
      token text,
      leased_until bigint NOT NULL,
      attempts integer NOT NULL,
      not_before bigint NOT NULL,
      PRIMARY KEY (entity, external_id)
    );
    CREATE INDEX ON ${lanes} (token) WHERE token IS NOT NULL;`,
];

/** The result of `readVersion` and `migrate` for tables that a later version of the package has made. */
const NEWEST = MIGRATIONS.length;

/** The SQLSTATE that a migration raises itself. */
const NEWER_VERSION = 'TWC01';

/**
 * Instances that migrate at the same time wait for each other. It is one statement, so that a pool cannot spread it
 * over several connections.
 */
function migrate(tables: Tables) {
  const steps = MIGRATIONS.map(
    (statements, at) => `IF found < ${at + 1} THEN ${statements(tables)} END IF;`,
  );
  return `DO $create$ DECLARE found integer; BEGIN
    PERFORM pg_advisory_xact_lock(${MIGRATION_LOCK});
    CREATE TABLE IF NOT EXISTS ${tables.version} (version integer NOT NULL);
    SELECT coalesce(max(version), 0) INTO found FROM ${tables.version};
    IF found > ${NEWEST} THEN
      RAISE EXCEPTION 'the tables have version %', found USING ERRCODE = '${NEWER_VERSION}';
    END IF;
    ${steps.join('\n    ')}
    IF found < ${NEWEST} THEN
      DELETE FROM ${tables.version};
      INSERT INTO ${tables.version} VALUES (${NEWEST});
    END IF;
  END $create$`;
}

function createStatements({ changes, lanes, version }: Tables) {
  /** The current time: the instance's clock if it has one, otherwise the server's, which all instances share. */
  const clock = (at: number) =>
    `coalesce($${at}::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)`;
  const isAhead = (column: string) =>
    `(${column} > clock.now_ms AND ${column} <= clock.now_ms + ${LONGEST_MS})`;
  /**
   * Claims the records with the oldest changes; the row in `lanes` decides which worker gets each one. The column order
   * of the indexes keeps a planner without statistics from reading all changes for each record.
   */
  const claim = (order: string) => `
    WITH clock AS MATERIALIZED (SELECT ${clock(4)} AS now_ms),
    picked AS (
      SELECT c.entity, c.external_id FROM ${changes} c CROSS JOIN clock
      LEFT JOIN ${lanes} l ON l.entity = c.entity AND l.external_id = c.external_id
      WHERE NOT c.is_dead
      AND (l.entity IS NULL OR NOT (${isAhead('l.leased_until')} OR ${isAhead('l.not_before')}))
      AND NOT (c.entity = 'person'
        AND (SELECT EXISTS (SELECT 1 FROM ${changes} WHERE entity = 'company' AND NOT is_dead))
        AND EXISTS (SELECT 1 FROM ${changes} m
          JOIN ${changes} n ON n.entity = 'company' AND n.external_id = m.needs AND NOT n.is_dead
          LEFT JOIN ${lanes} k ON k.entity = 'company' AND k.external_id = m.needs
          WHERE m.entity = 'person' AND m.external_id = c.external_id AND NOT m.is_dead
          AND (k.entity IS NULL OR NOT (k.attempts >= 3 AND k.not_before > clock.now_ms))))
      ORDER BY ${order} LIMIT $2 FOR UPDATE OF c SKIP LOCKED
    )
    INSERT INTO ${lanes} AS l (entity, external_id, token, leased_until, attempts, not_before)
    SELECT DISTINCT p.entity, p.external_id, $1, clock.now_ms + $3::bigint, 0, 0
    FROM picked p CROSS JOIN clock ORDER BY p.entity, p.external_id
    ON CONFLICT (entity, external_id) DO UPDATE
      SET token = excluded.token, leased_until = excluded.leased_until
      WHERE NOT EXISTS (SELECT 1 FROM clock
        WHERE ${isAhead('l.leased_until')} OR ${isAhead('l.not_before')})
    RETURNING l.entity, l.external_id, l.attempts`;
  return {
    version: `SELECT coalesce(max(version), 0)::int AS version FROM ${version}`,
    exists: 'SELECT to_regclass($1) IS NOT NULL AS found',
    enqueue: `
      INSERT INTO ${changes} (entity, external_id, needs, payload, enqueued_at)
      SELECT n.entity, n.external_id, n.needs, n.payload, ${clock(5)}
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
        AS n (entity, external_id, needs, payload, at) ORDER BY n.at`,
    due: claim('c.entity, c.id'),
    probe: claim('coalesce(l.attempts, 0), c.entity, c.id'),
    held: `
      SELECT c.id::text AS id, c.entity, c.external_id, c.payload, c.is_dead,
        c.enqueued_at::float8 AS enqueued_at
      FROM ${lanes} l JOIN ${changes} c ON c.entity = l.entity AND c.external_id = l.external_id
      WHERE l.token = $1 ORDER BY c.entity, c.id`,
    renew: `
      UPDATE ${lanes} SET leased_until = ${clock(3)} + $2::bigint WHERE token = $1 RETURNING 1`,
    settle: `
      WITH held AS MATERIALIZED (
        SELECT l.entity, l.external_id, t.attempts, t.delay_ms
        FROM unnest($2::text[], $3::text[], $4::int[], $5::bigint[])
          AS t (entity, external_id, attempts, delay_ms)
        JOIN ${lanes} l ON l.entity = t.entity AND l.external_id = t.external_id
        WHERE l.token = $1 ORDER BY l.entity, l.external_id FOR UPDATE OF l
      ), keys AS MATERIALIZED (
        SELECT jsonb_object_agg(entity || ':' || external_id, true) AS held FROM held
      ), removed AS (
        DELETE FROM ${changes} c USING unnest($6::bigint[]) AS r (id)
        WHERE c.id = r.id
        AND jsonb_exists((SELECT held FROM keys), c.entity || ':' || c.external_id)
      ), rewritten AS (
        UPDATE ${changes} c SET payload = w.payload, needs = w.needs,
          is_dead = c.is_dead OR w.info IS NOT NULL,
          dead_at = CASE WHEN w.info IS NULL THEN c.dead_at ELSE ${clock(11)} END,
          dead_info = coalesce(w.info, c.dead_info)
        FROM unnest($7::bigint[], $8::text[], $9::text[], $10::text[])
          AS w (id, payload, needs, info)
        WHERE c.id = w.id
        AND jsonb_exists((SELECT held FROM keys), c.entity || ':' || c.external_id)
      ), freed AS (
        DELETE FROM ${lanes} l USING held h
        WHERE l.entity = h.entity AND l.external_id = h.external_id AND h.attempts IS NULL
      ), delayed AS (
        UPDATE ${lanes} l SET token = NULL, leased_until = 0, attempts = h.attempts,
          not_before = ${clock(11)} + h.delay_ms
        FROM held h
        WHERE l.entity = h.entity AND l.external_id = h.external_id AND h.attempts IS NOT NULL
      )
      SELECT entity, external_id FROM held`,
    stats: `
      WITH clock AS MATERIALIZED (SELECT ${clock(1)} AS now_ms)
      SELECT
        (SELECT count(*) FROM (SELECT DISTINCT entity, external_id FROM ${changes}
          WHERE NOT is_dead) r)::float8 AS pending,
        (SELECT count(*) FROM ${changes} WHERE NOT is_dead)::float8 AS changes,
        (SELECT min(enqueued_at) FROM ${changes} WHERE NOT is_dead)::float8 AS oldest_at,
        (SELECT count(*) FROM ${changes} WHERE is_dead)::float8 AS dead_letters,
        (SELECT count(*) FROM ${lanes} l, clock
          WHERE l.token IS NOT NULL AND ${isAhead('l.leased_until')})::float8 AS in_flight,
        (SELECT count(*) FROM ${lanes} l, clock WHERE ${isAhead('l.not_before')})::float8 AS delayed`,
    dead: `
      SELECT entity, external_id, payload, dead_info AS info, enqueued_at::float8 AS enqueued_at,
        dead_at::float8 AS dead_at
      FROM ${changes} WHERE is_dead
      AND (entity COLLATE "C", external_id COLLATE "C") > ($1::text, $2::text)
      ORDER BY entity COLLATE "C", external_id COLLATE "C" LIMIT $3`,
    retry: `
      WITH hurried AS (
        UPDATE ${lanes} SET not_before = 0 WHERE entity = $1 AND external_id = $2
      )
      UPDATE ${changes} SET is_dead = false, dead_at = NULL, dead_info = NULL
      WHERE entity = $1 AND external_id = $2 AND is_dead RETURNING 1`,
    retryAll: `
      WITH found AS (
        UPDATE ${changes} SET is_dead = false, dead_at = NULL, dead_info = NULL
        WHERE is_dead AND ($1::bigint IS NULL OR dead_at < ${clock(2)} - $1)
        RETURNING entity, external_id
      ), hurried AS (
        UPDATE ${lanes} l SET not_before = 0 FROM found f
        WHERE l.entity = f.entity AND l.external_id = f.external_id
      )
      SELECT count(*)::float8 AS found FROM found`,
    purge: `
      WITH gone AS (
        DELETE FROM ${changes}
        WHERE ($1::boolean OR is_dead)
        AND ($2::text IS NULL OR entity = $2)
        AND ($3::text IS NULL OR external_id = $3)
        AND ($4::bigint IS NULL OR coalesce(dead_at, enqueued_at) < ${clock(5)} - $4)
        RETURNING 1
      )
      SELECT count(*)::float8 AS gone FROM gone`,
    tidy: `
      DELETE FROM ${lanes} l WHERE l.leased_until <= ${clock(1)} AND NOT EXISTS (
        SELECT 1 FROM ${changes} c WHERE c.entity = l.entity AND c.external_id = l.external_id)`,
  };
}

export { createStatements, migrate, NEWER_VERSION, NEWEST };
