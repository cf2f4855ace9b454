// Webhook deliveries of the simulator: receivers, signatures, and number of attempts.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import { startSim } from '../helpers/sim.mjs';
import { send } from './raw-http.mjs';
import { isSignedWith, WebhookListener } from './webhook-listener.mjs';

describe('webhook deliveries', () => {
  const agent = new http.Agent({ keepAlive: true });
  let listener;
  let sim;
  before(async () => {
    listener = await WebhookListener.start((path) => (path === '/broken' ? 500 : 200));
    sim = await startSim();
  });
  after(async () => {
    agent.destroy();
    await sim?.stop();
    await listener?.stop();
  });
  beforeEach(async () => {
    await sim.reset();
    listener.deliveries.length = 0;
  });

  async function call(method, path, body) {
    const headers = { Authorization: `Bearer ${sim.apiKey}`, 'Content-Type': 'application/json' };
    const payload = JSON.stringify(body ?? {});
    const answer = await send(agent, sim.baseUrl, { method, path, headers, payload });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`);
    return answer.body;
  }

  const hook = (path, operations) =>
    call('POST', '/rest/webhooks', {
      targetUrl: `http://${listener.address}${path}`,
      operations,
      secret: `secret of ${path}`,
    });
  const events = () => listener.deliveries.map(({ body }) => body.eventName);

  test('each is signed over timestamp and raw body, and carries a nonce', async () => {
    const { id } = await hook('/in', ['*.*']);
    await call('POST', '/rest/people', { jobTitle: 'é"\\' });
    await listener.until(1);
    const [delivery] = listener.deliveries;
    assert.ok(isSignedWith('secret of /in', delivery));
    assert.ok(!isSignedWith('another secret', delivery));
    assert.match(delivery.headers['x-twenty-webhook-nonce'], /^[0-9a-f]{32}$/);
    assert.match(delivery.headers['x-twenty-webhook-timestamp'], /^\d{13}$/);
    assert.equal(delivery.body.webhookId, id);
    assert.equal(delivery.body.record.jobTitle, 'é"\\');
    assert.ok(!('updatedFields' in delivery.body));
  });

  test('every real change of a record is delivered, from its creation to its end', async () => {
    await hook('/in', ['person.*']);
    const { data } = await call('POST', '/rest/people', { jobTitle: 'One' });
    const { id } = data.createPerson;
    await call('PATCH', `/rest/people/${id}`, { jobTitle: 'Two' });
    await call('PATCH', `/rest/people/${id}`, { jobTitle: 'Two' });
    await call('DELETE', `/rest/people/${id}?soft_delete=true`);
    await call('PATCH', `/rest/restore/people?filter=id[eq]:${id}`);
    await call('DELETE', `/rest/people/${id}`);
    await listener.until(5);
    const verbs = ['created', 'updated', 'deleted', 'restored', 'destroyed'];
    assert.deepEqual(
      events(),
      verbs.map((verb) => `person.${verb}`),
    );
    const fields = listener.deliveries.map(({ body }) => body.updatedFields ?? null);
    assert.deepEqual(fields, [null, ['jobTitle'], ['deletedAt'], ['deletedAt'], null]);
  });

  test('a batch gives one delivery per record, to the webhooks that want it', async () => {
    await hook('/people', ['person.created']);
    await hook('/companies', ['company.*', '*.updated']);
    await call('POST', '/rest/batch/people', [{ jobTitle: 'A' }, { jobTitle: 'B' }]);
    await call('POST', '/rest/companies', { name: 'C' });
    await listener.until(3);
    const told = listener.deliveries.map(({ path, body }) => `${path} ${body.eventName}`).sort();
    assert.deepEqual(told, [
      '/companies company.created',
      '/people person.created',
      '/people person.created',
    ]);
  });

  test('a delivery that fails is not retried', async () => {
    await hook('/broken', ['*.*']);
    await call('POST', '/rest/people', { jobTitle: 'A' });
    await call('POST', '/rest/people', { jobTitle: 'B' });
    // In order: when the second one arrives, the first one is finished.
    await listener.until(2);
    const titles = listener.deliveries.map(({ body }) => body.record.jobTitle);
    assert.deepEqual(titles, ['A', 'B']);
  });

  test('in safe mode nothing is sent to the loopback address', async () => {
    await hook('/safe', ['*.*']);
    await sim.setOptions({ deliverWebhooksToLoopback: false });
    await call('POST', '/rest/people', { jobTitle: 'Safe' });
    await sim.setOptions({ deliverWebhooksToLoopback: true });
    await call('POST', '/rest/people', { jobTitle: 'Unsafe' });
    await listener.until(1);
    assert.equal(listener.deliveries[0].body.record.jobTitle, 'Unsafe');
  });
});
