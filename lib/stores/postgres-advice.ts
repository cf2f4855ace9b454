import type { PostgresPool } from '../../index.js';

export interface About {
  /** for people */
  what: string;
  /** quoted, with their schema where there is one */
  tables: readonly string[];
  /** quoted */
  schema: string | undefined;
  /** the method that makes the tables, where the statement is its */
  creator?: string;
  /** by PostgreSQL's code */
  advice?: Record<string, string>;
  /** within a transaction of the caller's, which a failure ends */
  isOnce?: boolean;
}

type Facts = { role?: string | null; schema?: string | null; replica?: boolean };

const FACTS = `SELECT current_user::text AS role, current_schema()::text AS schema,
  pg_is_in_recovery() AS replica`;

/**
 * What to do about a refusal of PostgreSQL's, as a statement to copy where there is one.
 * @returns empty where its own words say enough
 */
async function adviceOn(
  pool: PostgresPool,
  code: string,
  cause: unknown,
  about: About,
): Promise<string> {
  const given = about.advice?.[code];
  if (given !== undefined) return given;
  const advise = ADVICE.get(code);
  if (advise === undefined) return '';
  const facts = await factsOf(pool, about);
  const role = quotedName(facts.role) ?? 'the pool’s role';
  return `. ${advise(about, role, facts, cause)}`;
}

/** @returns nothing in the caller's transaction, which has ended, and where it cannot be told */
async function factsOf(pool: PostgresPool, { isOnce }: About): Promise<Facts> {
  if (isOnce) return {};
  try {
    const { rows } = await pool.query(FACTS, []);
    return rows[0] ?? {};
  } catch {
    return {};
  }
}

function readOnly({ isOnce }: About, _: string, { replica }: Facts) {
  if (isOnce) return 'Your transaction only reads: begin it READ WRITE, on the primary server';
  if (replica) {
    return 'The pool leads to a replica, which only reads: give it the address of the primary server';
  }
  return 'The pool leads to a server, or has a setting (default_transaction_read_only), that only lets it read: give it the primary server, and let it write';
}

function noSchema({ schema }: About, role: string) {
  return schema === undefined
    ? `No schema of search_path is there for ${role}: give the option schema, or have an administrator run: GRANT USAGE, CREATE ON SCHEMA public TO ${role}`
    : `Have an administrator run: CREATE SCHEMA ${schema} AUTHORIZATION ${role}`;
}

function missingRight(
  { tables, schema, creator }: About,
  role: string,
  facts: Facts,
  cause: unknown,
) {
  // A function of the server, in any language of its messages.
  if ((cause as { routine?: unknown }).routine === 'ExecWithCheckOptions') {
    return `Row-level security is on for the table: give ${role} a policy for all of it, or BYPASSRLS`;
  }
  const place = schema ?? quotedName(facts.schema) ?? 'public';
  const names = schema === undefined ? tables.map((table) => `${place}.${table}`) : tables;
  const use = `GRANT USAGE ON SCHEMA ${place} TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ${names.join(', ')} TO ${role}`;
  if (creator === undefined) return `Have an administrator run: ${use}`;
  // Since PostgreSQL 15 this is so in every database that was not made for the role.
  return `The role may not create tables there. Have an administrator run: GRANT USAGE, CREATE ON SCHEMA ${place} TO ${role}. Or call ${creator} once with a pool whose role may, and run: ${use}`;
}

const quotedName = (name: unknown) =>
  typeof name === 'string' ? `"${name.replaceAll('"', '""')}"` : undefined;

/**
 * Codes for which it is worth asking who the pool is, and where it leads to: a right, a server or a schema is missing.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const ADVICE: Map<string, (about: About, role: string, facts: Facts, cause: unknown) => string> =
  new Map([
    ['42501', missingRight],
    ['25006', readOnly],
    ['3F000', noSchema],
  ]);

export { adviceOn };
