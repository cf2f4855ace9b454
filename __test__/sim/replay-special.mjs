// Transcripts whose answers cannot be compared value by value, and how they are compared instead.
import { differences, IdMap } from './compare.mjs';

/** @typedef {import('./replay-session.mjs').ReplaySession} Session */
/** @typedef {import('./transcripts.mjs').Transcript} Transcript */
/** @typedef {import('./raw-http.mjs').Answer} Answer */

const listOf = (body) => (Array.isArray(body.data) ? body.data : Object.values(body.data)[0]);

/** The envelope of a metadata list: everything but the items. */
function envelope(body) {
  const { data, pageInfo, totalCount } = body;
  const isBare = Array.isArray(data);
  return {
    keys: Object.keys(body).sort(),
    data: isBare ? 'array' : Object.keys(data),
    items: listOf(body).length,
    pageInfo: Object.keys(pageInfo).sort(),
    hasNextPage: pageInfo.hasNextPage,
    hasPreviousPage: pageInfo.hasPreviousPage,
    totalCount: typeof totalCount,
  };
}

/** The parts of a metadata list around its items. */
function envelopeDifferences(session, { response, server }, answer, rules) {
  const sim = envelope(answer.body);
  if (!server.startsWith(session.flavour)) {
    // Recorded on the other version, which differs only in this.
    delete sim.hasPreviousPage;
    sim.pageInfo = sim.pageInfo.filter((key) => key !== 'hasPreviousPage');
  }
  const recorded = envelope(response.body);
  return differences(JSON.parse(JSON.stringify(recorded)), JSON.parse(JSON.stringify(sim)), rules);
}

/** Both servers list by their own random ids, so objects are matched by name. */
async function objectList(session, transcript, answer) {
  const { response } = transcript;
  const rules = { ids: session.ids, day: session.dayOf(response), sent: '' };
  const found = envelopeDifferences(session, transcript, answer, rules);
  const objects = await session.metadataObjects();
  for (const recorded of listOf(response.body)) {
    const namesake = objects.find((each) => each.nameSingular === recorded.nameSingular);
    // Recorded on a version that does not have it yet.
    if (!('openRecordIn' in recorded) && session.flavour === '2.31') delete namesake?.openRecordIn;
    if (!namesake) found.push(`the simulator has no object ${recorded.nameSingular}`);
    else if (recorded.isSystem && transcript.server.startsWith('2.31')) {
      const [own, other] = [recorded, namesake].map((object) => ({
        ...object,
        fields: object.fields.map(forClients),
      }));
      found.push(...objectDifferences(own, other, rules));
    } else found.push(...objectDifferences(recorded, namesake, rules));
  }
  return found;
}

function objectDifferences(recorded, sim, rules) {
  const { fields, ...recordedObject } = recorded;
  const recordedFields = standard(fields);
  const { fields: simFields, ...simObject } = sim;
  const at = recorded.nameSingular;
  const found = differences(recordedObject, simObject, rules).map((line) => `${at} ${line}`);
  const names = (fields) => fields.map((field) => field.name).sort();
  found.push(...differences(names(recordedFields), names(simFields), rules));
  for (const field of recordedFields) {
    const namesake = simFields.find((each) => each.name === field.name);
    if (!namesake) continue;
    found.push(
      ...differences(withoutTarget(field), withoutTarget(namesake), rules).map(
        (line) => `${at}.${field.name} ${line}`,
      ),
    );
  }
  return found;
}

/** The standard fields among recorded ones: custom ones belong to another application. */
function standard(fields) {
  const owner = fields.find(({ isSystem }) => isSystem)?.applicationId;
  const isKnown = ({ applicationId }) => owner === undefined || applicationId === owner;
  return fields.filter(isKnown);
}

/** Display settings for fields of helper objects, which API clients never see. */
const shownInApp = ['isUIEditable', 'isUIReadOnly', 'isNullable', 'defaultValue'];

/** A recorded field without the display settings of the app. */
function forClients(field) {
  const { ...rest } = field;
  for (const key of shownInApp) delete rest[key];
  return rest;
}

/** The id of a junction's far field belongs to an object that may not be known yet. */
function withoutTarget(field) {
  const { universalIdentifier, ...rest } = field;
  return { ...rest, universalIdentifier: typeof universalIdentifier };
}

async function oneObject(session, { response }, answer) {
  const inner = (body) => body.data?.object ?? body;
  return objectDifferences(inner(response.body), inner(answer.body), {
    ids: session.ids,
    day: session.dayOf(response),
    sent: '',
  });
}

/** A recorded field must have a match of the same name and type in the simulator. */
async function fieldList(session, transcript, answer) {
  const { response, server } = transcript;
  const rules = { ids: session.ids, day: session.dayOf(response), sent: '' };
  const found = envelopeDifferences(session, transcript, answer, rules);
  const fields = (await session.metadataObjects()).flatMap((object) => object.fields);
  const isRepeated = server.startsWith('2.31');
  const recordedFields = isRepeated ? standard(listOf(response.body)) : listOf(response.body);
  const compared = isRepeated ? forClients : (field) => field;
  for (const recorded of recordedFields) {
    const own = { ...compared(recorded), id: '', objectMetadataId: '', universalIdentifier: '' };
    const tried = fields
      .filter((field) => field.name === recorded.name && field.type === recorded.type)
      .map((field) =>
        differences(
          own,
          { ...compared(field), id: '', objectMetadataId: '', universalIdentifier: '' },
          { ...rules, ids: new IdMap() },
        ),
      )
      .sort((a, b) => a.length - b.length);
    if (tried.length === 0) found.push(`no ${recorded.type} field ${recorded.name}`);
    else found.push(...tried[0].map((line) => `${recorded.name} ${line}`));
  }
  return found;
}

/** Eight upserts of one new key at once: which of them lose the race varies. */
async function race(session, transcript, answer) {
  const winner = session.recorded(284);
  const loser = session.recorded(285);
  const found =
    answer.status === loser.response.status
      ? session.compare(loser, answer)
      : session
          .compare(winner, {
            ...answer,
            body: renamed(
              answer.body,
              winner.response.body,
              answer.body.data?.createPerson?.updatedAt,
            ),
          })
          .filter((line) => !line.includes('updatedAt'));
  if (transcript.number !== 291) return found;
  const answers = [284, 285, 286, 287, 288, 289, 290, 291].map((n) => session.answers.get(n));
  if (!answers.some(({ status }) => status === 201)) found.push('none of the eight got through');
  const { body } = await session.call('GET', '/rest/people?filter=externalId[eq]:race-1');
  if (body.totalCount !== 1) found.push(`${body.totalCount} records instead of one`);
  return found;
}

/** The answers differ in the name that was written last. */
function renamed(body, like) {
  return {
    data: { createPerson: { ...body.data?.createPerson, name: like.data.createPerson.name } },
  };
}

/** Groups come in the order of the disk, and only groups of seeded rows can exist. */
async function groups(_session, { response }, answer) {
  const found = [];
  if (!Array.isArray(answer.body) || answer.body.length === 0) return ['not a list of groups'];
  const kinds = (list) => new Set(list.map((group) => Object.keys(group).join()));
  const [recorded] = kinds(response.body);
  for (const keys of kinds(answer.body)) {
    if (keys !== recorded) found.push(`groups have the keys ${keys}, recorded ${recorded}`);
  }
  for (const { groupByDimensionValues: values } of answer.body) {
    if (!Array.isArray(values) || values.length !== 1) found.push(`dimension values ${values}`);
  }
  return found;
}

/** The recorded list has the one key that existed; its dates belong to the workspace. */
async function metadataSize(_session, { response }, answer) {
  const recorded = Number(/^<(\d+) bytes/.exec(response.body)[1]);
  const sim = answer.text.length;
  return Math.abs(sim - recorded) > recorded * 0.25
    ? [`recorded ${recorded} bytes, simulator ${sim}`]
    : [];
}

/** Pages of unrecorded rows: compares their number, and whether there are more. */
async function longPage(_session, { response }, answer) {
  const shape = ({ data }) =>
    Object.entries(data)
      .sort()
      .map(([name, { edges, pageInfo }]) => [name, edges.length, pageInfo?.hasNextPage]);
  const [recorded, sim] = [response.body, answer.body].map((body) => JSON.stringify(shape(body)));
  return recorded === sim ? [] : [`recorded ${recorded}, simulator ${sim}`];
}

/** Keys that were made between the recordings are listed too; the first one belongs to the workspace. */
async function keyList(session, { response }, answer) {
  const only = (body) => (Array.isArray(body) ? body.slice(0, 1) : firstOf(body));
  const rules = { ids: session.ids, day: session.dayOf(response), sent: '' };
  return differences(only(response.body), only(answer.body), rules);
}

function firstOf({ data, pageInfo, totalCount }) {
  const { endCursor, hasNextPage, ...rest } = pageInfo;
  const kinds = { endCursor: typeof endCursor, hasNextPage: typeof hasNextPage };
  return { data: data.slice(0, 1), pageInfo: { ...rest, ...kinds }, totalCount: typeof totalCount };
}

/** Status and headers must always match. */
const withHead = (comparison) => async (session, transcript, answer) => {
  const found = session.compareHead(transcript, answer);
  return found.length > 0 ? found : comparison(session, transcript, answer);
};

/** @type {Map<number, (session: Session, transcript: Transcript, answer: Answer) => Promise<string[]>>} */
export const specialComparisons = new Map([
  [3, withHead(objectList)],
  [71, withHead(groups)],
  [77, withHead(metadataSize)],
  [78, withHead(objectList)],
  [79, withHead(objectList)],
  [82, withHead(oneObject)],
  [85, withHead(fieldList)],
  [86, withHead(fieldList)],
  [87, withHead(fieldList)],
  ...[284, 285, 286, 287, 288, 289, 290, 291].map((number) => [number, race]),
  [438, withHead(objectList)],
  [439, withHead(oneObject)],
  [440, withHead(fieldList)],
  [937, withHead(longPage)],
  [941, withHead(longPage)],
  [981, withHead(longPage)],
  [329, withHead(keyList)],
  [984, withHead(keyList)],
  [985, withHead(keyList)],
]);
