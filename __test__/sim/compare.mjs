// Compares a recorded answer with the simulator's. Values that a server makes up (ids, dates, positions, search
// vectors) are compared by kind and consistency, all others by value.

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const uuidAnywhere = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const isoDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const hex64 = /^[0-9a-f]{64}$/;

/** Descriptions of fields for people; the simulator has its own. */
const describing = new Set([
  'description',
  'icon',
  'label',
  'labelSingular',
  'labelPlural',
  'color',
  'shortcut',
]);

/** Maps recorded ids to the simulator's, one to one for each recording. */
export class IdMap {
  #toSim = new Map();
  #toRecorded = new Map();
  #recording = '';

  /** Sets the recording that the next pairs belong to. */
  of(recording) {
    this.#recording = recording;
    return this;
  }

  /** @returns {boolean} Whether both values are, or may from now on be, the same thing. */
  pair(recorded, sim) {
    if (this.#toSim.has(recorded)) return this.#toSim.get(recorded) === sim;
    const key = `${this.#recording} ${sim}`;
    if (this.#toRecorded.has(key)) return false;
    this.#toSim.set(recorded, sim);
    this.#toRecorded.set(key, recorded);
    return true;
  }

  /** Replaces recorded ids in a text by the simulator's. */
  translate(text) {
    return text.replace(uuidAnywhere, (id) => this.#toSim.get(id) ?? id);
  }
}

/** Names that a database makes up. */
function withoutDatabaseNames(text) {
  return text
    .replace(/\bFK_[0-9a-f]{20,}/g, 'FK_*')
    .replace(/\bIDX_(UNIQUE_)?[0-9a-f]{20,}/g, 'IDX_*')
    .replace(/\bworkspace_[0-9a-z]{20,}/g, 'workspace_*');
}

function decodeCursor(text) {
  if (uuid.test(text)) return text;
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    return text;
  }
}

/**
 * @typedef {object} Rules
 * @property {IdMap} ids
 * @property {string} day The day of the recording: the server made the dates on it.
 * @property {string} sent The request, to recognise values that the client chose.
 * @property {boolean} [describing] Compare descriptions for people as well.
 * @property {boolean} [roughCounts] Some rows of the recorded server are missing: a total may be any number.
 * @property {Set<string>} [elsewhere] Fields that only the recorded workspace has.
 * @property {boolean} [anyOrder] The order of rows is that of the disk: compare them by id.
 */

/**
 * @param {any} recorded
 * @param {any} sim
 * @param {Rules} rules
 * @returns {string[]} One line for each difference.
 */
export function differences(recorded, sim, rules) {
  const found = [];
  walk(recorded, sim, { ...rules, found }, '$', '');
  return found;
}

function walk(recorded, sim, rules, at, key) {
  const differ = (what) => rules.found.push(`${at}: ${what}`);
  const show = () => differ(`recorded ${brief(recorded)}, simulator ${brief(sim)}`);

  if (key === 'searchVector' || key === 'position') {
    if (typeof recorded !== typeof sim) show();
    return;
  }
  if (describing.has(key) && !rules.describing && typeof recorded === 'string') {
    if (typeof sim !== 'string') show();
    return;
  }
  if (key === 'expiresAt' && !rules.sent.includes(recorded) && isoDate.test(recorded)) {
    if (!isoDate.test(sim) || sim.slice(0, 4) !== recorded.slice(0, 4)) show();
    return;
  }
  if (key === 'totalCount' && rules.roughCounts) {
    if (typeof sim !== 'number') show();
    return;
  }
  if (key === 'createdBy' || key === 'updatedBy') {
    walkKeys(without(recorded, 'name'), without(sim, 'name'), rules, at);
    return;
  }
  if (/[cC]ursor$/.test(key) && typeof recorded === 'string' && typeof sim === 'string') {
    walk(decodeCursor(recorded), decodeCursor(sim), rules, `${at}~`, '');
    return;
  }
  if (key === 'blocknote' && typeof recorded === 'string' && typeof sim === 'string') {
    walk(JSON.parse(recorded), JSON.parse(sim), { ...rules, anyOrder: false }, `${at}~`, '');
    return;
  }
  if (typeof recorded === 'string' && typeof sim === 'string') {
    if (!sameText(recorded, sim, rules)) show();
    return;
  }
  if (Array.isArray(recorded) && Array.isArray(sim)) {
    walkRows(recorded, sim, rules, at);
    return;
  }
  if (isObject(recorded) && isObject(sim)) {
    walkKeys(recorded, sim, rules, at);
    return;
  }
  if (recorded !== sim) show();
}

function sameText(recorded, sim, rules) {
  if (recorded === sim) return true;
  const chosen = rules.sent.includes(recorded);
  if (rules.ids.translate(recorded) === sim) return true;
  if (chosen) return false;
  if (uuid.test(recorded)) return uuid.test(sim) && rules.ids.pair(recorded, sim);
  if (isoDate.test(recorded) && recorded.startsWith(rules.day)) return isoDate.test(sim);
  if (hex64.test(recorded)) return hex64.test(sim);
  return sameWording(withoutDatabaseNames(recorded), withoutDatabaseNames(sim), rules);
}

/** Whether two sentences differ only in their ids. */
function sameWording(recorded, sim, rules) {
  const [recordedIds, simIds] = [recorded, sim].map((text) => text.match(uuidAnywhere) ?? []);
  return (
    recorded.replace(uuidAnywhere, '*') === sim.replace(uuidAnywhere, '*') &&
    recordedIds.every((id, index) => rules.ids.pair(id, simIds[index]))
  );
}

function walkRows(recorded, sim, rules, at) {
  if (recorded.length !== sim.length) {
    rules.found.push(`${at}: recorded ${recorded.length} items, simulator ${sim.length}`);
  }
  const byId = rules.anyOrder && recorded.every((row) => isObject(row) && 'id' in row);
  const partners = byId ? new Map(sim.map((row) => [row.id, row])) : undefined;
  recorded.forEach((row, index) => {
    const partner = partners ? partners.get(row.id) : sim[index];
    if (partner !== undefined) walk(row, partner, rules, `${at}[${index}]`, '');
    else if (partners) rules.found.push(`${at}[${index}]: the simulator has no row ${row.id}`);
  });
}

function walkKeys(recorded, sim, rules, at) {
  for (const key of new Set([...Object.keys(recorded), ...Object.keys(sim)])) {
    if (!(key in recorded)) rules.found.push(`${at}.${key}: only the simulator has it`);
    else if (!(key in sim) && rules.elsewhere?.has(key)) continue;
    else if (!(key in sim)) rules.found.push(`${at}.${key}: the simulator lacks it`);
    else walk(recorded[key], sim[key], rules, `${at}.${key}`, key);
  }
  if (isoDate.test(recorded.createdAt ?? '') && isoDate.test(recorded.updatedAt ?? '')) {
    const untouched = recorded.createdAt === recorded.updatedAt;
    if (untouched !== (sim.createdAt === sim.updatedAt)) {
      rules.found.push(
        `${at}: createdAt ${untouched ? 'equals' : 'differs from'} updatedAt in the recording only`,
      );
    }
  }
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function without(value, key) {
  if (!isObject(value)) return { value };
  const { [key]: _, ...rest } = value;
  return rest;
}

function brief(value) {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 160 ? `${text.slice(0, 160)}...` : text;
}
