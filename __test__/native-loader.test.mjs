// If no binary loads, the error is all that the user has: it says what was looked for, where, and what to do.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runNode } from './consumers/support.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const addon = readdirSync(root).find((name) => name.endsWith('.node'));
const platform = addon.replace(/^twenty-crm-native\.(.*)\.node$/, '$1');

/** A copy of the package without any binary. */
let folder;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'twenty-crm-native-loader-'));
  for (const name of ['package.json', 'index.js', 'lib']) {
    cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * The error of loading the package, in a process that pretends to run on another platform.
 * @param {Record<string, string>} [pretend] Properties of `process`.
 * @param {Record<string, string>} [env]
 * @param {string[]} [flags] Of Node.
 */
async function load(pretend = {}, env = {}, flags = []) {
  const code = `
    for (const [name, value] of Object.entries(${JSON.stringify(pretend)}))
      Object.defineProperty(process, name, { value });
    try { require(${JSON.stringify(folder)}); console.log('loaded'); }
    catch (error) { console.log(error.message); }`;
  const { stdout } = await runNode([...flags, '-e', code], { env: { ...process.env, ...env } });
  return stdout.trim();
}

test('nothing is installed: both places, the system, and what to do', async () => {
  const said = await load();
  const [first, ...lines] = said.split('\n');
  assert.match(first, new RegExp(`${process.platform} ${process.arch}.*Node v\\d+`));
  if (platform.endsWith('-gnu')) assert.match(first, /glibc \d+\.\d+/);
  assert.ok(lines.includes(`  the file ${addon}: not found`), said);
  assert.ok(lines.includes(`  the npm package twenty-crm-native-${platform}: not found`), said);
  for (const word of ['--omit=optional', 'node_modules', 'npm run build', 'serverExternalPackages'])
    assert.ok(said.includes(word), word);
});

test('a platform without a binary: the error lists the platforms that have one', async () => {
  for (const pretend of [{ platform: 'freebsd' }, { arch: 's390x' }, { platform: 'aix' }]) {
    const said = await load(pretend);
    assert.match(said, new RegExp(Object.values(pretend)[0]));
    assert.match(said, /glibc 2\.28 or newer, or musl.*macOS and Windows/);
    assert.doesNotMatch(said, /Looked for/);
  }
});

test('each supported platform is looked for under its own name', async () => {
  const names = readdirSync(path.join(root, 'npm')).filter((name) => !name.startsWith('linux'));
  assert.equal(names.length, 4);
  for (const name of names) {
    const [system, arch] = name.split('-');
    const said = await load({ platform: system, arch });
    assert.ok(said.includes(`the npm package twenty-crm-native-${name}: not found`), said);
  }
});

test('a binary that does not load: the original message, and no advice for a missing one', async () => {
  writeFileSync(path.join(folder, addon), 'no library');
  const said = await load();
  rmSync(path.join(folder, addon));
  assert.match(said, /the file .*: .*(file too short|invalid ELF|not a mach-o|not a valid Win32)/i);
  assert.match(said, /is there but does not load/);
  assert.doesNotMatch(said, /--omit=optional/);
});

test('the platform’s npm package is used, but only with the right version', async () => {
  const installed = path.join(folder, `node_modules/twenty-crm-native-${platform}`);
  mkdirSync(installed, { recursive: true });
  cpSync(path.join(root, addon), path.join(installed, addon));
  /** @param {string} version */
  const manifest = (version) =>
    writeFileSync(path.join(installed, 'package.json'), JSON.stringify({ version, main: addon }));
  const { version } = JSON.parse(
    (await runNode(['-p', 'JSON.stringify(require("./package.json"))'], { cwd: root })).stdout,
  );
  manifest(version);
  assert.equal(await load(), 'loaded');
  manifest('0.0.1');
  assert.match(await load(), new RegExp(`version 0\\.0\\.1 is installed.*needs .*${platform}`));
  rmSync(path.join(folder, 'node_modules'), { recursive: true });
});

test('a binary from NAPI_RS_NATIVE_LIBRARY_PATH is used, and a wrong path is reported', async () => {
  const own = { NAPI_RS_NATIVE_LIBRARY_PATH: path.join(root, addon) };
  assert.equal(await load({}, own), 'loaded');
  const said = await load({}, { NAPI_RS_NATIVE_LIBRARY_PATH: '/no/such.node' });
  assert.match(said, /\/no\/such\.node \(NAPI_RS_NATIVE_LIBRARY_PATH\): not found/);
});

/** The flag for Node's permission model, whose `--experimental-` prefix was dropped. */
const PERMISSION = ['--permission', '--experimental-permission'].find((flag) =>
  process.allowedNodeEnvironmentFlags.has(flag),
);

/** @param {string} said @param {RegExp} cause */
function assertForbidden(said, cause) {
  assert.match(said, cause);
  assert.doesNotMatch(said, /install again|npm ci|--omit=optional|npm run build/);
}

test('a Node that forbids addons is named, without advice to install', async (t) => {
  cpSync(path.join(root, addon), path.join(folder, addon));
  t.after(() => rmSync(path.join(folder, addon)));
  assert.equal(await load(), 'loaded');
  const noAddons = /Node runs with --no-addons, which forbids native addons/;
  assertForbidden(await load({}, {}, ['--no-addons']), noAddons);
  assertForbidden(await load({}, { NODE_OPTIONS: '--no-addons' }), noAddons);
  const own = { NAPI_RS_NATIVE_LIBRARY_PATH: path.join(root, addon) };
  assertForbidden(await load({}, own, ['--no-addons']), noAddons);
  const all = '--allow-fs-read=*';
  const permission = /permission model forbids native addons.*add --allow-addons/;
  assertForbidden(await load({}, {}, [PERMISSION, all]), permission);
  assertForbidden(await load({}, { NODE_OPTIONS: `${PERMISSION} ${all}` }), permission);
  assert.equal(await load({}, {}, [PERMISSION, all, '--allow-addons']), 'loaded');
});

test('a worker thread that forbids addons is named', async (t) => {
  cpSync(path.join(root, addon), path.join(folder, addon));
  t.after(() => rmSync(path.join(folder, addon)));
  const code = `
    const { Worker } = require('node:worker_threads');
    const inside = 'require(' + JSON.stringify(${JSON.stringify(folder)}) + ')';
    new Worker(inside, { eval: true, execArgv: ['--no-addons'] })
      .on('error', (error) => console.log(error.message));`;
  const { stdout } = await runNode(['-e', code], { env: process.env });
  assertForbidden(stdout, /Node runs with --no-addons/);
});

test('a file that may not be read or loaded: who forbids it, and what to check', async (t) => {
  const file = path.join(folder, 'lib/binaries.js');
  t.after(() => cpSync(path.join(root, 'lib/binaries.js'), file));
  for (const [error, cause] of /** @type {[object, RegExp][]} */ ([
    [
      { code: 'ERR_ACCESS_DENIED', message: 'Access to this API has been restricted' },
      /--allow-fs-read/,
    ],
    [
      { code: 'ERR_MANIFEST_ASSERT_INTEGRITY', message: 'Manifest resource' },
      /--experimental-policy/,
    ],
    [{ code: 'ERR_DLOPEN_DISABLED', message: 'Cannot load native addon' }, /embeds or starts it/],
    ...[
      'x.node: failed to map segment from shared object: Operation not permitted',
      'x.node: cannot open shared object file: Permission denied',
      'dlopen(x.node): library load disallowed by system policy',
      'An Application Control policy has blocked this file.',
    ].map((message) => [{ code: 'ERR_DLOPEN_FAILED', message }, /noexec.*security policy/]),
  ])) {
    writeFileSync(
      file,
      `const fail = () => { throw Object.assign(new Error(), ${JSON.stringify(error)}); };
       const binary = { file: fail, installed: fail, manifest: fail };
       exports.binaries = new Proxy({}, { get: () => binary, has: () => true });`,
    );
    assertForbidden(await load(), cause);
  }
});
