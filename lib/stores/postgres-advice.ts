import type { PostgresPool } from '../../index.js';

export interface About {
  /** for display */
  what: string;
  /** quoted, with their schema if there is one */
  tables: readonly string[];
  /** quoted */
  schema: string | undefined;
  /** the method that creates the tables, if the statement belongs to it */
  creator?: string;
  /** by SQLSTATE */
  advice?: Record<string, string>;
  /** inside a transaction of the caller, which a failure aborts */
  isOnce?: boolean;
}

type Facts = { role?: string | null; schema?: string | null; replica?: boolean };

const FACTS = `SELECT current_user::text AS role, current_schema()::text AS schema,
  pg_is_in_recovery() AS replica`;

/**
 * Advice about a refusal of PostgreSQL, with a statement to copy if there is one.
 * @returns empty if PostgreSQL's message says enough
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

/** @returns nothing in the caller's transaction, which is aborted, or if it cannot be found out */
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
  if (isOnce) return 'Your transaction is read-only: begin it READ WRITE, on the primary server';
  if (replica) {
    return 'The pool is connected to a read-only replica: give it the address of the primary server';
  }
  return 'The pool is read-only: connect it to the primary server, and check its setting default_transaction_read_only';
}

function noSchema({ schema }: About, role: string) {
  return schema === undefined
    ? `No schema of search_path exists for ${role}: set the option schema, or have an administrator run: GRANT USAGE, CREATE ON SCHEMA public TO ${role}`
    : `Have an administrator run: CREATE SCHEMA ${schema} AUTHORIZATION ${role}`;
}

function missingRight(
  { tables, schema, creator }: About,
  role: string,
  facts: Facts,
  cause: unknown,
) {
  // The name of a C function in the server, the same in every language.
  if ((cause as { routine?: unknown }).routine === 'ExecWithCheckOptions') {
    return `Row-level security is on for the table: give ${role} a policy for all rows, or BYPASSRLS`;
  }
  const place = schema ?? quotedName(facts.schema) ?? 'public';
  const names = schema === undefined ? tables.map((table) => `${place}.${table}`) : tables;
  const use = `GRANT USAGE ON SCHEMA ${place} TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON ${names.join(', ')} TO ${role}`;
  if (creator === undefined) return `Have an administrator run: ${use}`;
  // The default since PostgreSQL 15 in every database that the role does not own.
  return `The role may not create tables there. Have an administrator run: GRANT USAGE, CREATE ON SCHEMA ${place} TO ${role}. Or call ${creator} once with a pool whose role may, and then run: ${use}`;
}

const quotedName = (name: unknown) =>
  typeof name === 'string' ? `"${name.replaceAll('"', '""')}"` : undefined;

/**
 * SQLSTATEs for which it helps to ask who the pool's role is and where it is connected: a right, a server or a schema
 * is missing.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const ADVICE: Map<string, (about: About, role: string, facts: Facts, cause: unknown) => string> =
  new Map([
    ['42501', missingRight],
    ['25006', readOnly],
    ['3F000', noSchema],
  ]);

export { adviceOn };
