'use strict';

const { readFileSync } = require('node:fs');
const { binaries } = require('./binaries.js');

/** Whose C library a Linux has. The file is read first: Node's report takes tens of milliseconds. */
function isMusl() {
  try {
    const ldd = readFileSync('/usr/bin/ldd', 'utf8');
    if (ldd.includes('musl')) return true;
    if (ldd.includes('GNU')) return false;
  } catch {
    // An image without it.
  }
  return glibcVersion() === undefined;
}

/** @returns {string | undefined} */
function glibcVersion() {
  const report = /** @type {any} */ (process.report?.getReport());
  return report?.header?.glibcVersionRuntime;
}

function platformName() {
  const name = `${process.platform}-${process.arch}`;
  if (process.platform === 'linux') return `${name}-${isMusl() ? 'musl' : 'gnu'}`;
  return process.platform === 'win32' ? `${name}-msvc` : name;
}

/** @param {string} name @param {import('./binaries.js').Binary} binary */
function loadInstalled(name, binary) {
  const addon = binary.installed();
  const { version } = binary.manifest();
  const ours = require('../package.json').version;
  if (version !== ours) {
    throw new Error(
      `version ${version} is installed, and twenty-crm-native ${ours} needs twenty-crm-native-${name} ${ours}`,
    );
  }
  return addon;
}

function load() {
  const path = process.env.NAPI_RS_NATIVE_LIBRARY_PATH;
  const name = platformName();
  const binary = binaries[name];
  /** @type {[string, () => unknown][]} */
  const places = path
    ? [[`${path} (NAPI_RS_NATIVE_LIBRARY_PATH)`, () => require(path)]]
    : binary
      ? [
          [`the file twenty-crm-native.${name}.node`, binary.file],
          [`the npm package twenty-crm-native-${name}`, () => loadInstalled(name, binary)],
        ]
      : [];
  /** @type {{ place: string, error: any }[]} */
  const failures = [];
  for (const [place, get] of places) {
    try {
      return /** @type {typeof import('../native.js')} */ (get());
    } catch (error) {
      failures.push({ place, error });
    }
  }
  const { error: cause } = failures.find(({ error }) => !isMissing(error)) ?? failures.at(-1) ?? {};
  const error = new Error(explain(name, failures), { cause });
  throw Object.assign(error, { code: 'TWENTY_CRM_NO_BINARY' });
}

/** @param {any} error */
const isMissing = (error) => error?.code === 'MODULE_NOT_FOUND';

/**
 * @param {string} name
 * @param {{ place: string, error: any }[]} failures
 */
function explain(name, failures) {
  const libc =
    process.platform === 'linux'
      ? `, ${name.endsWith('-musl') ? 'musl' : `glibc ${glibcVersion() ?? 'of an unknown version'}`}`
      : '';
  const lines = [
    `twenty-crm-native has no binary that loads here: ${process.platform} ${process.arch}${libc}, Node ${process.version}.`,
  ];
  if (failures.length > 0) {
    lines.push('Looked for:');
    for (const { place, error } of failures) {
      lines.push(`  ${place}: ${isMissing(error) ? 'not there' : firstLine(error)}`);
    }
  }
  lines.push('What to do:', ...advise(name, failures).map((line) => `  - ${line}`));
  return lines.join('\n');
}

/** @param {any} error */
const firstLine = (error) => String(error?.message ?? error).split('\n', 1)[0];

/**
 * @param {string} name
 * @param {{ place: string, error: any }[]} failures
 */
function advise(name, failures) {
  const build =
    'From a git checkout, `npm run build` makes the binary; it needs Rust (https://rustup.rs).';
  const forbidden = failures.map(({ error }) => whyForbidden(error)).find(Boolean);
  if (forbidden !== undefined) return [forbidden];
  const named = process.env.NAPI_RS_NATIVE_LIBRARY_PATH;
  if (named) {
    return [
      'NAPI_RS_NATIVE_LIBRARY_PATH must be the absolute path of a binary for this system; leave it unset to take the one that npm installed.',
    ];
  }
  if (!(name in binaries)) {
    return [
      'There are binaries for Linux (glibc 2.28 or newer, or musl), macOS and Windows, each on x64 and arm64.',
      build,
    ];
  }
  const broken = failures.find(({ error }) => !isMissing(error));
  if (broken !== undefined) {
    return [
      /GLIBC_/.test(broken.error?.message)
        ? 'The binary needs a newer glibc than this system has: use a newer image, or build on this one.'
        : 'The binary is there and does not load: install again on this very machine (`npm ci`).',
      build,
    ];
  }
  return [
    `Install again without --omit=optional (or --no-optional): npm then takes twenty-crm-native-${name}.`,
    'Do not copy node_modules from another system or image: delete it, and run `npm ci` here. A package-lock.json that was made elsewhere and names no other platform is to be made anew.',
    build,
    'In Next.js, name the package in `serverExternalPackages`, and use it in the Node.js runtime only, never in the edge runtime.',
  ];
}

/**
 * @param {any} error
 * @returns {string | undefined}
 */
function whyForbidden(error) {
  const { code, message } = error ?? {};
  if (code === 'ERR_DLOPEN_DISABLED') {
    const flags = `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`;
    if (/(^|\s)--no-addons(\s|$)/.test(flags)) {
      return 'Node runs with --no-addons, which forbids every native addon: start it without (the flag may stand in NODE_OPTIONS).';
    }
    return /** @type {any} */ (process).permission === undefined
      ? 'This Node forbids every native addon: ask whoever embeds or starts it to allow them.'
      : 'Node’s permission model is on and forbids every native addon: add --allow-addons where --permission stands (it may be in NODE_OPTIONS).';
  }
  if (code === 'ERR_ACCESS_DENIED') {
    return 'Node’s permission model does not let the file be read: add --allow-fs-read with the folders of twenty-crm-native and of its binary, and --allow-addons.';
  }
  if (/^ERR_MANIFEST_/.test(code)) {
    return 'Node runs with a policy (--experimental-policy) that does not know the binary: list it there with its integrity.';
  }
  if (SYSTEM_FORBIDS.test(message)) {
    return 'The system does not let the file be loaded: look at its permissions, at whether its file system is mounted with noexec, and at what a security policy (SELinux, AppArmor, macOS, Windows Application Control) says of it.';
  }
  return undefined;
}

const SYSTEM_FORBIDS =
  /failed to map segment|operation not permitted|permission denied|disallowed by system policy|not permitted to load|code signature|access is denied|application control/i;

module.exports = load();
