// A real PostgreSQL server for the tests of one file, and pools that are closed with it.
import assert from 'node:assert/strict';
import { after } from 'node:test';
import pg from 'pg';
import { startPostgres } from './postgres.mjs';

export async function usePostgres() {
  const server = await startPostgres();
  const skip = 'skip' in server ? server.skip : false;
  if (process.env.CI) assert.equal(skip, false, 'in CI a PostgreSQL server must be had');
  /** @type {import('pg').Pool[]} */
  const pools = [];
  after(async () => {
    await Promise.all(pools.map((pool) => pool.end()));
    if (!('skip' in server)) await server.stop();
  });
  return {
    /** Why there is no server; false if there is one. */
    skip,
    /** Makes the server read-only; pools reconnect. */
    async becomeReplica() {
      if (!('skip' in server)) await server.becomeReplica();
    },
    /** @param {import('pg').PoolConfig} [options] */
    newPool(options) {
      const pool = new pg.Pool({ ...server.config, ...options });
      // A stopping server reports this to idle connections; that is how the tests end.
      pool.on('error', () => {});
      pools.push(pool);
      return pool;
    },
  };
}
