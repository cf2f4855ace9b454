// Writes src/core/twenty/mailbox_providers/list.txt: the hosts of mailbox providers. `node
// scripts/mailbox-providers.mjs` installs the packages of SOURCES in its own folder; with the path of a folder, it
// reads them from that folder's node_modules.
//
// Such lists are copied from each other and contain sites that were added by mistake. So a host is included if two
// lists name it as a free provider, or three as a disposable one; by-hand.txt corrects the rest.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { domainToASCII } from 'node:url';
import { root, runOrThrow } from './support/process.mjs';

const SOURCES = Object.freeze({
  freemail: '1.7.0',
  'free-email-domains': '1.12.6',
  'email-providers': '2.26.0',
});
const FOLDER = path.join(root, 'src/core/twenty/mailbox_providers');

const given = process.argv[2];
const folder = given ?? (await install());
try {
  await write(folder);
} finally {
  if (given === undefined) await rm(folder, { recursive: true });
}

/** @returns {Promise<string>} */
async function install() {
  const made = await mkdtemp(path.join(tmpdir(), 'mailbox-providers-'));
  const wanted = Object.entries(SOURCES).map(([name, version]) => `${name}@${version}`);
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];
  await runOrThrow('npm', ['install', '--prefix', made, ...quiet, ...wanted]);
  return made;
}

/** @param {string} source */
async function write(source) {
  /** @param {string} file */
  const read = (file) => readFile(path.join(source, 'node_modules', file), 'utf8');
  const credits = [];
  for (const [name, version] of Object.entries(SOURCES)) {
    const found = JSON.parse(await read(`${name}/package.json`));
    if (found.version !== version) throw new Error(`${name} is ${found.version}, not ${version}`);
    credits.push(`${name} ${version} (${found.license})`);
  }
  const free = lines(await read('freemail/data/free.txt'));
  const disposable = lines(await read('freemail/data/disposable.txt'));
  const second = new Set(JSON.parse(await read('free-email-domains/domains.json')));
  const third = new Set(JSON.parse(await read('email-providers/all.json')));
  const agreed = new Set([
    ...free.filter((host) => second.has(host) || third.has(host)),
    ...disposable.filter((host) => second.has(host) && third.has(host)),
  ]);

  const byHand = lines(await readFile(path.join(FOLDER, 'by-hand.txt'), 'utf8'));
  const added = marked(byHand, '+');
  const excepted = marked(byHand, '-');
  const needless = [
    ...added.filter((host) => covers(agreed, host)),
    ...excepted.filter((host) => !agreed.has(host)),
  ];
  if (needless.length > 0) throw new Error(`by-hand.txt: not needed: ${needless.join(', ')}`);
  for (const host of excepted) agreed.delete(host);
  for (const host of added) agreed.add(host);

  // Hosts below the name of an organisation that lends names are already shared; a registry's own suffix is not a host.
  const suffixes = lines(await readFile(path.join(FOLDER, '../public_suffix/list.txt'), 'utf8'));
  const lent = new Set(marked(suffixes, '', '+'));
  const hosts = [...agreed]
    .filter((host) => isHost(host) && !coversParent(agreed, host))
    .filter((host) => !covers(lent, host) && !suffixes.includes(host))
    .sort();
  const head = [
    '# Made by scripts/mailbox-providers.mjs; do not edit: by-hand.txt is for what is missing or wrong.',
    `# From ${credits.join(', ')}.`,
  ];
  // Entries from by-hand.txt are marked, so that the origin of a line is visible.
  const all = [
    ...hosts.map((host) => ({ host, mark: added.includes(host) ? '+' : '' })),
    ...excepted.map((host) => ({ host, mark: '-' })),
  ].sort((one, other) => (one.host < other.host ? -1 : 1));
  const text = [...head, ...all.map(({ host, mark }) => host + mark)].join('\n');
  await writeFile(path.join(FOLDER, 'list.txt'), text);
  console.log(`${hosts.length} hosts, ${excepted.length} exceptions, ${text.length} bytes`);
}

/** @param {string} text */
function lines(text) {
  const trimmed = text.split('\n').map((line) => line.trim().toLowerCase());
  return trimmed.filter((line) => line !== '' && !line.startsWith('#'));
}

/** @param {string[]} all @param {string} start @param {string} [end] */
function marked(all, start, end = '') {
  const found = all.filter((line) => line.startsWith(start) && line.endsWith(end));
  return found.map((line) => line.slice(start.length, line.length - end.length));
}

/** Whether the set has the host or a parent domain. @param {Set<string>} hosts @param {string} host */
function covers(hosts, host) {
  return hosts.has(host) || coversParent(hosts, host);
}

/** @param {Set<string>} hosts @param {string} host */
function coversParent(hosts, host) {
  const labels = host.split('.');
  return labels.some((_, at) => at > 0 && hosts.has(labels.slice(at).join('.')));
}

/** Replaces other spellings. @param {string} host */
function isHost(host) {
  const labels = /^(?:[a-z0-9][a-z0-9-]{0,61}\.)+[a-z][a-z0-9-]+$/;
  return host === domainToASCII(host) && labels.test(host);
}
