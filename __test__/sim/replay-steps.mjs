// What happened to the recorded server between the transcripts: restarts with other settings,
// rows and fields made without a recording. Each step runs before the transcript of its number.
import assert from 'node:assert/strict';
import { rowsIn } from './rows.mjs';

/** @typedef {import('./replay-session.mjs').ReplaySession} Session */

/** Empties the token bucket with calls that cost one token each. */
async function drain(session, tokens) {
  for (let spent = 0; spent < tokens; spent += 1) {
    await session.mustCall('GET', '/rest/companies?limit=0');
  }
}

/** The recorded row of one transcript, as it was before that transcript's own change. */
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
  // A job of the server's had meanwhile tied people to the company of their e-mail's domain.
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
      const { guest, reader } = session.sim.info.roles;
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
          roleId: session.sim.info.roles.reader,
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
  [
    471,
    async (session) => {
      const { id } = session.recorded(470).request.body;
      await session.mustCall('DELETE', `/rest/people/${id}?soft_delete=true`);
    },
  ],
]);

/**
 * The real token for the placeholder that was recorded.
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
  if (number === 250) return fill(apiKey);
  if (number === 251) return fill(keys.expired);
  if (number >= 367 && number <= 374) return fill(keys.readOnly);
  if (number === 376) return fill(keys.revoked);
  const [header, payload] = apiKey.split('.');
  return fill(`${header}.${payload}.c2lnbmVkIGJ5IG5vYm9keQ`);
}
