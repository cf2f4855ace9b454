import { readFileSync } from 'node:fs';
import type { Binary } from './binaries.js';
import { binaries } from './binaries.js';

/** Which C library this Linux uses. Reads the file first: Node's report takes tens of milliseconds. */
function isMusl() {
  try {
    const ldd = readFileSync('/usr/bin/ldd', 'utf8');
    if (ldd.includes('musl')) return true;
    if (ldd.includes('GNU')) return false;
  } catch {
    // An image without the file.
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

/** The thrown value, normally an Error. */
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
      lines.push(`  ${place}: ${isMissing(error) ? 'not found' : firstLine(error)}`);
    }
  }
  lines.push('What to do:', ...advise(name, failures).map((line) => `  - ${line}`));
  return lines.join('\n');
}

const firstLine = (error: Thrown) => String(error?.message ?? error).split('\n', 1)[0];

function advise(name: string, failures: Failure[]) {
  const build =
    'In a git checkout, `npm run build` makes the binary; it needs Rust (https://rustup.rs).';
  const forbidden = failures.map(({ error }) => whyForbidden(error)).find(Boolean);
  if (forbidden !== undefined) return [forbidden];
  const named = process.env.NAPI_RS_NATIVE_LIBRARY_PATH;
  if (named) {
    return [
      'NAPI_RS_NATIVE_LIBRARY_PATH must be the absolute path of a binary for this system. Unset it to use the one that npm installed.',
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
        ? 'The binary needs a newer glibc than this system has: use a newer image, or build on this system.'
        : 'The binary is there but does not load: install again on this machine (`npm ci`).',
      build,
    ];
  }
  return [
    `Install again without --omit=optional (or --no-optional), so that npm installs twenty-crm-native-${name}.`,
    'Do not copy node_modules from another system or image: delete it and run `npm ci` here. If package-lock.json was made elsewhere and names no other platform, delete it and run `npm install`.',
    build,
    'In Next.js, add the package to `serverExternalPackages`, and use it only in the Node.js runtime, never in the edge runtime.',
  ];
}

function whyForbidden(error: Thrown): string | undefined {
  const { code, message } = error ?? {};
  if (code === 'ERR_DLOPEN_DISABLED') {
    const flags = `${process.execArgv.join(' ')} ${process.env.NODE_OPTIONS ?? ''}`;
    if (/(^|\s)--no-addons(\s|$)/.test(flags)) {
      return 'Node runs with --no-addons, which forbids native addons: start it without this flag (it may be in NODE_OPTIONS).';
    }
    return (process as { permission?: unknown }).permission === undefined
      ? 'This Node forbids native addons: allow them in the program that embeds or starts it.'
      : 'Node’s permission model forbids native addons: add --allow-addons next to --permission (it may be in NODE_OPTIONS).';
  }
  if (code === 'ERR_ACCESS_DENIED') {
    return 'Node’s permission model does not let the file be read: add --allow-addons, and --allow-fs-read with the folders of twenty-crm-native and of its binary.';
  }
  if (/^ERR_MANIFEST_/.test(String(code))) {
    return 'Node runs with a policy (--experimental-policy) that does not list the binary: add it with its integrity.';
  }
  if (SYSTEM_FORBIDS.test(String(message))) {
    return 'The system does not let the file be loaded: check its permissions, whether its file system is mounted with noexec, and whether a security policy (SELinux, AppArmor, macOS, Windows Application Control) blocks it.';
  }
  return undefined;
}

const SYSTEM_FORBIDS =
  /failed to map segment|operation not permitted|permission denied|disallowed by system policy|not permitted to load|code signature|access is denied|application control/i;

/** The addon. If it cannot be loaded, this throws at once and says why. */
const native: typeof import('../native.js') = load();

export { native };
