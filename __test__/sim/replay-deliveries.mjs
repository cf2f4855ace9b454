// The recorded webhook deliveries compared with those that the simulator sends for the same writes.
import { elsewhere } from './replay-session.mjs';
import { isSignedWith } from './webhook-listener.mjs';

/** The parts of a delivery that must match: receiver, event and shape. */
function summary({ path, headers, body }) {
  return JSON.stringify({
    path,
    event: body.eventName,
    keys: Object.keys(body),
    object: body.objectMetadata.nameSingular,
    updatedFields: body.updatedFields?.toSorted() ?? null,
    record: Object.keys(body.record)
      .filter((key) => !elsewhere.has(key))
      .sort(),
    deleted: body.record.deletedAt !== null,
    contentType: headers['content-type'],
    userAgent: headers['user-agent'],
  });
}

function recordedDelivery({ path, headers, body_raw }) {
  const byName = {};
  for (const [name, value] of headers) byName[name.toLowerCase()] = value;
  return { path, headers: byName, text: body_raw, body: JSON.parse(body_raw) };
}

/**
 * @param {import('./replay-session.mjs').ReplaySession} session
 * @param {import('./transcripts.mjs').Transcript} transcript
 * @param {import('./webhook-listener.mjs').WebhookListener} listener
 * @returns {Promise<string[]>}
 */
export async function replayDeliveries(session, transcript, listener) {
  const recorded = transcript.deliveries
    .map(recordedDelivery)
    // Runs of the server's own workflows: no recorded write causes them.
    .filter(({ body }) => body.objectMetadata.nameSingular !== 'workflowRun')
    // A merge that changed only a demo field, which the simulator does not have.
    .filter(({ body }) => String(body.updatedFields) !== 'whatsapp');

  await session.sim.setOptions({ deliverWebhooksToLoopback: true });
  listener.deliveries.length = 0;
  await writesOf.get(transcript.number)(session, (count) => listener.until(count));
  await session.sim.setOptions({ deliverWebhooksToLoopback: false });

  const found = [];
  const expected = recorded.map(summary).sort();
  const actual = listener.deliveries.map(summary).sort();
  for (let index = 0; index < Math.max(expected.length, actual.length); index += 1) {
    if (expected[index] !== actual[index]) {
      found.push(`recorded ${expected[index]}, simulator ${actual[index]}`);
    }
  }
  const hooks = await session.mustCall('GET', '/rest/webhooks');
  for (const delivery of listener.deliveries) {
    const hook = hooks.find(({ id }) => id === delivery.body.webhookId);
    if (!hook || !isSignedWith(hook.secret, delivery)) {
      found.push(`${delivery.body.eventName} to ${delivery.path} is not signed with its secret`);
    }
    if (!/^[0-9a-f]{32}$/.test(delivery.headers['x-twenty-webhook-nonce'] ?? '')) {
      found.push(`${delivery.body.eventName} to ${delivery.path} has no nonce`);
    }
  }
  return found;
}

/** Each recording of deliveries has its writes. */
const writesOf = new Map([
  [348, writeAsRecorded],
  [997, writeAsRepeated],
]);

/** The writes on 2.31, with one webhook on `person.*` for all of them. */
async function writeAsRepeated(session, until) {
  const webhook = { targetUrl: `http://${session.listener}/hook`, operations: ['person.*'] };
  await session.mustCall('POST', '/rest/webhooks', webhook);
  const person = { name: { firstName: 'Hooky' }, externalId: 'wh1' };
  const created = await session.mustCall('POST', '/rest/people', person);
  const { id } = created.data.createPerson;
  const path = `/rest/people/${id}`;
  await until(1);
  await session.mustCall('PATCH', path, { jobTitle: 'one' });
  await session.mustCall('PATCH', path, { jobTitle: 'one' });
  await until(2);
  await session.mustCall('DELETE', `${path}?soft_delete=true`);
  await until(3);
  await session.mustCall('POST', '/rest/batch/people?upsert=true', [{ id, jobTitle: 'two' }]);
  await until(4);
  await session.mustCall('DELETE', `${path}?soft_delete=true`);
  await until(5);
  await session.mustCall('PATCH', `/rest/restore/people?filter=id[eq]:${id}`, {});
  await until(6);
  const people = [{ externalId: 'wh2' }, { externalId: 'wh3' }];
  const both = await session.mustCall('POST', '/rest/batch/people', people);
  await until(8);
  const ids = both.data.createPeople.map((row) => row.id);
  await session.mustCall('PATCH', '/rest/people/merge', { ids, conflictPriorityIndex: 0 });
  await until(9);
  await session.mustCall('DELETE', path);
  await until(10);
}

/** The writes that caused the recorded deliveries; `until` waits for this many of them. */
async function writeAsRecorded(session, until) {
  const created = await session.mustCall('POST', '/rest/people', {
    name: { firstName: 'Hooky' },
    externalId: 'hook-1',
  });
  const { id } = created.data.createPerson;
  await until(2);
  await session.mustCall('PATCH', `/rest/people/${id}`, { jobTitle: 'HookJob' });
  await until(3);
  // Nothing changes, so nothing is sent.
  await session.mustCall('POST', '/rest/people?upsert=true', {
    externalId: 'hook-1',
    jobTitle: 'HookJob',
  });
  await session.mustCall('PATCH', `/rest/people/${id}`, { jobTitle: 'HookJob2' });
  await until(4);
  await session.mustCall('DELETE', `/rest/people/${id}?soft_delete=true`);
  await until(5);
  await session.mustCall('PATCH', `/rest/restore/people?filter=id[eq]:${id}`, {});
  await until(6);
  await session.mustCall('DELETE', `/rest/people/${id}`);
  await until(7);
  const people = [{ name: { firstName: 'HB1' } }, { name: { firstName: 'HB2' } }];
  await session.mustCall('POST', '/rest/batch/people', people);
  await until(11);
  await session.mustCall('POST', '/rest/companies', { name: 'HookCo' });
  await until(13);
}
