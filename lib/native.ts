import { readFileSync } from 'node:fs';
import type { Binary } from './binaries.js';
import { binaries } from './binaries.js';

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

function glibcVersion(): string | undefined {
  const report = process.report?.getReport() as
    | { header?: { glibcVersionRuntime?: string } }
    | undefined;
  return report?.header?.glibcVersionRuntime;
}

function platformName() {
  const name = `${process.platform}-${process.arch}`;
  if (process.platform === 'linux') return `${name}-${isMusl() ? 'musl' : 'gnu'}`;
  return process.platform === 'win32' ? `${name}-msvc` : name;
}

function loadInstalled(name: string, binary: Binary) {
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
  const places: [string, () => unknown][] = path
    ? [[`${path} (NAPI_RS_NATIVE_LIBRARY_PATH)`, () => require(path)]]
    : binary
      ? [
          [`the file twenty-crm-native.${name}.node`, binary.file],
          [`the npm package twenty-crm-native-${name}`, () => loadInstalled(name, binary)],
        ]
      : [];
  const failures: Failure[] = [];
  for (const [place, get] of places) {
    try {
      return get() as typeof import('../native.js');
    } catch (error) {
      failures.push({ place, error: error as Thrown });
    }
  }
  const { error: cause } = failures.find(({ error }) => !isMissing(error)) ?? failures.at(-1) ?? {};
  const error = new Error(explain(name, failures), { cause });
  throw Object.assign(error, { code: 'TWENTY_CRM_NO_BINARY' });
}

/** What was thrown: an Error, as a rule. */
type Thrown = { readonly code?: unknown; readonly message?: unknown } | null | undefined;

interface Failure {
  place: string;
  error: Thrown;
}

const isMissing = (error: Thrown) => error?.code === 'MODULE_NOT_FOUND';

function explain(name: string, failures: Failure[]) {
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

const firstLine = (error: Thrown) => String(error?.message ?? error).split('\n', 1)[0];

function advise(name: string, failures: Failure[]) {
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
      /GLIBC_/.test(String(broken.error?.message))
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

function whyForbidden(error: Thrown): string | undefined {
  const { code, message } = error ?? {};
  if (code === 'ERR_DLOPEN_DISABLED') {
    const flags = `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`;
    if (/(^|\s)--no-addons(\s|$)/.test(flags)) {
      return 'Node runs with --no-addons, which forbids every native addon: start it without (the flag may stand in NODE_OPTIONS).';
    }
    return (process as { permission?: unknown }).permission === undefined
      ? 'This Node forbids every native addon: ask whoever embeds or starts it to allow them.'
      : 'Node’s permission model is on and forbids every native addon: add --allow-addons where --permission stands (it may be in NODE_OPTIONS).';
  }
  if (code === 'ERR_ACCESS_DENIED') {
    return 'Node’s permission model does not let the file be read: add --allow-fs-read with the folders of twenty-crm-native and of its binary, and --allow-addons.';
  }
  if (/^ERR_MANIFEST_/.test(String(code))) {
    return 'Node runs with a policy (--experimental-policy) that does not know the binary: list it there with its integrity.';
  }
  if (SYSTEM_FORBIDS.test(String(message))) {
    return 'The system does not let the file be loaded: look at its permissions, at whether its file system is mounted with noexec, and at what a security policy (SELinux, AppArmor, macOS, Windows Application Control) says of it.';
  }
  return undefined;
}

const SYSTEM_FORBIDS =
  /failed to map segment|operation not permitted|permission denied|disallowed by system policy|not permitted to load|code signature|access is denied|application control/i;

/** The addon. Whoever cannot have it hears why at once. */
const native: typeof import('../native.js') = load();

export { native };
