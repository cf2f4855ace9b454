// Changes on the recorded server between the transcripts: restarts with other settings, rows and fields made without a
// recording. Each step runs before the transcript with its number.
import assert from 'node:assert/strict';
import { rowsIn } from './rows.mjs';

/** @typedef {import('./replay-session.mjs').ReplaySession} Session */

/** Empties the token bucket with calls that cost one token each. */
async function drain(session, tokens) {
  for (let spent = 0; spent < tokens; spent += 1) {
    await session.mustCall('GET', '/rest/companies?limit=0');
  }
}

/** The recorded row of one transcript, before that transcript's own change. */
function rowBefore(session, number, changes) {
  const [{ row }] = rowsIn(session.recorded(number).response.body, session.names);
  return { ...row, updatedAt: row.createdAt, deletedAt: null, ...changes };
}

const between = (session, first, last) =>
  session.transcripts.filter(({ number }) => number >= first && number <= last);

/** Names and metadata ids of the two recorded workspaces. */
function recordedObjectIds(session, personFrom, companyFrom) {
  return [
    ['person', session.recorded(personFrom).request.body.objectMetadataId],
    ['company', session.recorded(companyFrom).request.body.objectMetadataId],
  ];
}

/** The object that a metadata look-up names by its id. */
const pairShownObject = (number) => async (session) => {
  const { request, response, server } = session.recorded(number);
  const { nameSingular } = response.body.data?.object ?? response.body;
  const object = session.objects.find((each) => each.nameSingular === nameSingular);
  session.ids.of(server).pair(request.path.split('/').at(-1), object.id);
};

/** A soft delete that was not recorded. */
const softDelete = (session, plural, id) =>
  session.mustCall('DELETE', `/rest/${plural}/${session.ids.translate(id)}?soft_delete=true`);

const rowsOf = (session, number) =>
  rowsIn(session.recorded(number).response.body, session.names).map(({ row }) => row);

/** Members besides the one that a list shows first. */
function furtherMembers(session, count) {
  const [first] = rowsOf(session, 867);
  const others = Array.from({ length: count }, (_, n) => ({
    ...first,
    id: `ffffffff-0000-4000-8000-00000000000${n}`,
    userEmail: `member${n}@apple.dev`,
    userId: `ffffffff-0000-4000-8000-00000000001${n}`,
  }));
  return [first, ...others];
}

/** Rows of one millisecond, whose microseconds give the displayed order. */
const withMicroseconds = (rows) =>
  rows.map((row, n) => ({ ...row, updatedAt: row.updatedAt.replace('Z', `${100 + n * 100}Z`) }));

/** Rows that a background worker of the server writes; the simulator has no worker, so they are inserted. */
async function hadTimeline(session, number) {
  await session.sim.clearFaults();
  const { request, response } = session.recorded(number);
  const { targetPersonId } = request.body.variables?.f ?? {};
  const rows = response.body.data.timelineActivities.edges.map(({ node }, n) => ({
    id: `ffffffff-ffff-4fff-9fff-${String(number * 10 + n).padStart(12, '0')}`,
    ...(targetPersonId && { targetPersonId: targetPersonId.eq }),
    ...node,
    createdAt: node.happensAt,
  }));
  for (const { id } of rows) session.known.add(id);
  await session.sim.seed({ timelineActivities: rows });
}

/** Additional people at the end, so that a page can be full. */
const fillers = Array.from({ length: 1100 }, (_, n) => ({
  id: `ffffffff-ffff-4fff-bfff-${String(n).padStart(12, '0')}`,
}));

/** The rows that a recorded write found, in their state before it. */
async function hadRows(session, number, wereDeleted = false) {
  const people = rowsOf(session, number)
    .filter(({ id, createdAt, updatedAt }) => {
      const isNew = createdAt !== undefined && createdAt === updatedAt;
      return !session.known.has(id) && !isNew;
    })
    .map(({ updatedAt, deletedAt, ...row }) => ({
      ...row,
      ...(row.createdAt && { updatedAt: row.createdAt }),
      deletedAt: wereDeleted ? '2026-11-30T17:36:38.000Z' : (deletedAt ?? null),
    }));
  if (people.length > 0) await session.seedRows({ people });
}

/** The company of a person was soft-deleted afterwards. */
async function ownedByDeletedCompany(session) {
  const { id, companyId } = session.recorded(998).response.body.data.person;
  await session.seedRows({ companies: [{ id: companyId, name: 'Gone' }] });
  await session.mustCall('PATCH', `/rest/people/${id}`, { companyId });
  await softDelete(session, 'companies', companyId);
}

/** Sets the server's default limit, with all but this many tokens spent. */
async function withTokens(session, left) {
  await session.sim.setOptions({ rateLimits: {} });
  await session.sim.setOptions({ rateLimits: { long: { limit: 100, ttlMs: 60000 } } });
  await drain(session, 100 - left);
}

/** Makes the next batch fail like a server that loses its database, with or without its rows written. */
async function cutConnection(session, process) {
  await session.sim.setOptions({ databaseDown: false });
  const action = { type: 'connectionCut', process };
  await session.sim.addFaults({ path: '/rest/batch/people', times: 1, action });
}

/** Names and metadata ids of the workspace in which everything from 600 on was recorded. */
function objectsOfTheSecondRecording(session) {
  const named = [765, 766, 767, 768, 769].map((number) => {
    const { name, request } = session.recorded(number);
    return [/field-create-(\w+)-/.exec(name)[1], request.body.objectMetadataId];
  });
  const target = (number) =>
    session.recorded(number).request.body.relationCreationPayload.targetObjectMetadataId;
  return [...named, ['company', target(770)], ['person', target(772)]];
}

async function seedDevRows(session, transcripts, bornAt) {
  await session.seedFrom(transcripts, (row) => row.createdAt === bornAt);
}

/** @type {Map<number, (session: Session) => Promise<void>>} */
export const stepsBefore = new Map([
  [
    1,
    async (session) => {
      await session.learnWorkspace(recordedObjectIds(session, 88, 89));
      const [{ row }] = rowsIn(session.recorded(8).response.body, session.names);
      await seedDevRows(session, between(session, 1, 437), row.createdAt);
      await session.sim.setOptions({ rateLimits: { long: { limit: 100, ttlMs: 60000 } } });
      await drain(session, 100);
    },
  ],
  [5, (session) => session.sim.setOptions({ rateLimits: {} })],
  // In the meantime, a job of the server linked people to the company of their e-mail's domain.
  [
    220,
    (session) => {
      const row = rowBefore(session, 220, {});
      const updatedAt = session.recorded(220).response.body.data.deletePerson.updatedAt;
      return session.seedRows({ people: [{ ...row, updatedAt }] });
    },
  ],
  [
    354,
    (session) => {
      const { companyId } = session.recorded(354).response.body.data.updatePerson;
      const before = session.recorded(169).response.body.data.person;
      return session.seedRows({ people: [{ ...before, companyId }] });
    },
  ],
  [284, (session) => session.sendTogether(284, 291)],
  [293, (session) => session.learnNames()],
  [332, (session) => session.sim.setOptions({ deliverWebhooksToLoopback: false })],
  [
    358,
    (session) =>
      session.seedRows({
        companies: rowsIn(session.recorded(359).response.body, session.names).map(({ row }) => ({
          ...row,
          updatedAt: row.createdAt,
          deletedAt: null,
        })),
      }),
  ],
  [
    362,
    (session) => {
      const [winner, loser] = session.recorded(362).request.body.ids;
      const [{ row }] = rowsIn(session.recorded(363).response.body, session.names);
      const blank = { primaryEmail: '', additionalEmails: [] };
      return session.seedRows({
        people: [
          { ...row, id: winner, updatedAt: row.createdAt, emails: blank },
          { ...row, id: loser, updatedAt: row.createdAt, externalId: '' },
        ],
      });
    },
  ],
  [
    364,
    async (session) => {
      const { guest, reader } = session.sim.roles;
      session.ids.pair(session.recorded(364).request.body.roleId, guest);
      session.ids.pair(session.recorded(366).request.body.roleId, reader);
    },
  ],
  [
    375,
    async (session) => {
      const created = await session.mustCall(
        'POST',
        '/rest/metadata/apiKeys',
        {
          name: 'to revoke',
          expiresAt: '2030-01-01T00:00:00Z',
          roleId: session.sim.roles.reader,
        },
        session.sim.keys.adminToken,
      );
      session.ids.pair(session.recorded(375).response.body.id, created.id);
    },
  ],
  [377, (session) => session.sim.setOptions({ databaseDown: true })],
  [381, (session) => session.sim.setOptions({ databaseDown: false })],
  [
    383,
    async (session) => {
      await session.sim.setOptions({ rateLimits: { short: { limit: 3, ttlMs: 2000 } } });
      await drain(session, 3);
    },
  ],
  [389, (session) => session.sim.setOptions({ rateLimits: {} })],
  [393, (session) => session.seedFrom(between(session, 393, 431))],
  [432, (session) => session.sendTogether(432, 435)],
  [
    438,
    async (session) => {
      session.startOver();
      await session.sim.reset({ preset: 'fresh' });
      await session.sim.setOptions({ metadataFormat: 'new' });
      await session.learnWorkspace(recordedObjectIds(session, 491, 495));
      // The second workspace has the same seed; its rows were recorded in the first one.
      const [{ row }] = rowsIn(session.recorded(8).response.body, session.names);
      await seedDevRows(session, between(session, 8, 112), row.createdAt);
    },
  ],
  [444, (session) => session.sim.setOptions({ metadataFormat: 'legacy' })],
  [
    446,
    async (session) => {
      for (const object of session.objects) {
        if (!['person', 'company'].includes(object.nameSingular)) continue;
        await session.mustCall('POST', '/rest/metadata/fields', {
          type: 'TEXT',
          name: 'externalId',
          label: 'External ID',
          objectMetadataId: object.id,
          isUnique: true,
        });
      }
    },
  ],
  [449, (session) => session.seedRows({ people: [rowBefore(session, 449, {})] })],
  [452, (session) => session.seedRows({ people: [rowBefore(session, 452, { externalId: '' })] })],
  [465, (session) => session.seedRows({ people: [rowBefore(session, 465, {})] })],
  [82, pairShownObject(82)],
  [439, pairShownObject(439)],
  [
    600,
    async (session) => {
      session.startOver();
      await session.sim.reset({ preset: 'fresh' });
      await session.learnWorkspace(objectsOfTheSecondRecording(session));
      for (const plural of ['people', 'companies']) {
        await session.sim.setOptions({
          addFields: [{ object: plural, name: 'externalId', type: 'TEXT', isUnique: true }],
        });
      }
    },
  ],
  [601, (session) => session.learnNames()],
  // The look-up found the company; then another client deleted it.
  [
    892,
    (session) => softDelete(session, 'companies', session.recorded(893).request.body.companyId),
  ],
  [867, (session) => session.seedRows({ workspaceMembers: furtherMembers(session, 3) })],
  // The five rows have the same time, which the filters and cursors of the next requests contain.
  [901, (session) => session.seedRows({ people: rowsOf(session, 900) })],
  [936, (session) => hadTimeline(session, 936)],
  [996, (session) => hadTimeline(session, 996)],
  [937, (session) => session.sim.seed({ people: fillers })],
  [942, (session) => session.seedRows({ people: withMicroseconds(rowsOf(session, 942)) })],
  ...[951, 952, 957, 965, 967, 972].map((number) => [
    number,
    (session) => hadRows(session, number),
  ]),
  ...[949, 953, 962].map((number) => [number, (session) => hadRows(session, number, true)]),
  [
    956,
    async (session) => {
      // One of the three is shown in full later.
      await hadRows(session, 963);
      await hadRows(session, 956);
    },
  ],
  [
    980,
    async (session) => {
      await hadRows(session, 980);
      await withTokens(session, 1);
    },
  ],
  [
    988,
    (session) => {
      const [{ companyId }] = rowsOf(session, 988);
      return session.seedRows({ companies: [{ id: companyId, name: 'A' }] });
    },
  ],
  [998, ownedByDeletedCompany],
  [
    979,
    async (session) => {
      await session.sim.setOptions({ rateLimits: { long: { limit: 100, ttlMs: 60000 } } });
      await drain(session, 100);
    },
  ],
  [981, (session) => withTokens(session, 1)],
  [982, (session) => withTokens(session, 0)],
  [983, (session) => session.sim.setOptions({ rateLimits: {} })],
  [993, (session) => session.sim.setOptions({ databaseDown: true })],
  [994, (session) => cutConnection(session, false)],
  [995, (session) => cutConnection(session, true)],
  [779, (session) => session.learnNames()],
  [
    471,
    async (session) => {
      const { id } = session.recorded(470).request.body;
      await session.mustCall('DELETE', `/rest/people/${id}?soft_delete=true`);
    },
  ],
]);

/**
 * The real token for a recorded placeholder.
 * @param {Session} session
 * @param {number} number
 * @param {string} recorded The recorded Authorization header.
 */
export function credentials(session, number, recorded) {
  const { apiKey, keys } = session.sim;
  const [scheme, placeholder] = recorded.split(' ');
  const fill = (token) => {
    assert.ok(token, `the simulator gave no token for transcript ${number}`);
    return `${scheme} ${token}`;
  };
  if (placeholder === '<API_KEY>') return fill(apiKey);
  if (placeholder === '<ADMIN_ACCESS_TOKEN>') {
    return fill(number < 365 ? keys.memberToken : keys.adminToken);
  }
  if (placeholder !== '<JWT>') return recorded;
  if (number === 250 || number === 979) return fill(apiKey);
  if ([973, 976, 977].includes(number)) return fill(apiKey.slice(0, -8));
  if (number === 974)
    return fill(`${apiKey.slice(0, -2)}${apiKey.at(-2) === 'A' ? 'B' : 'A'}${apiKey.at(-1)}`);
  if (number === 978) return fill(keys.expired);
  if (number === 251) return fill(keys.expired);
  if (number >= 367 && number <= 374) return fill(keys.readOnly);
  if (number === 376) return fill(keys.revoked);
  const [header, payload] = apiKey.split('.');
  return fill(`${header}.${payload}.c2lnbmVkIGJ5IG5vYm9keQ`);
}
