// The OpenTelemetry example, with a stand-in for the API and the simulator.
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { instrumentTwentyCrm } from '../../examples/opentelemetry/instrument.mjs';
import { newPerson, rejection, useSim } from '../helpers/crm.mjs';
import { isAnybodyListening } from '../helpers/listening.mjs';
import { standInForOtel } from '../helpers/otel.mjs';
import { clientOf, deferred, json, serve } from '../helpers/servers.mjs';

const crm = useSim();
/** @type {() => void} */
let stop = () => {};
afterEach(() => {
  stop();
  assert.equal(isAnybodyListening(), false, 'everything is taken back');
});

/** @param {any} [services] */
function instrumented(services) {
  const otel = standInForOtel();
  stop = instrumentTwentyCrm(otel.api, { services });
  return otel;
}

test('an upsert is a span under the caller’s span, with its requests as child spans', async () => {
  const otel = instrumented();
  const service = crm.service();
  const person = newPerson();
  const ofCaller = otel.tracer.startSpan('caller');
  await otel.within(ofCaller, () => service.upsertPerson(person));
  const [, upsert, ...requests] = otel.spans;
  assert.equal(upsert.name, 'twenty-crm upsert person');
  assert.equal(upsert.parent, ofCaller);
  assert.deepEqual(upsert.attributes, {
    'twenty_crm.entity': 'person',
    'twenty_crm.external_id': person.external_id,
    'twenty_crm.outcome': 'created',
    'twenty_crm.warnings': 0,
  });
  assert.ok(requests.length >= 1);
  for (const span of requests) {
    assert.equal(span.parent, upsert);
    assert.equal(span.kind, otel.api.SpanKind.CLIENT);
    assert.match(span.name, /^(GET|POST|PATCH) \/(rest|graphql|metadata)[\w/{}]*$/);
    assert.ok(span.attributes['http.response.status_code'] < 300);
    assert.equal(span.status, undefined);
    assert.ok(span.startTime >= upsert.startTime - 1 && span.endTime <= upsert.endTime + 5);
  }
  assert.equal(otel.recorded.length, requests.length);
});

test('concurrent callers keep their own requests, or are linked to shared ones', async () => {
  const otel = instrumented();
  const service = crm.service();
  const callers = Array.from({ length: 20 }, (_, n) => otel.tracer.startSpan(`caller ${n}`));
  await Promise.all(
    callers.map((span) => otel.within(span, () => service.upsertPerson(newPerson()))),
  );
  for (const caller of callers) {
    const [upsert, ...others] = otel.spans.filter(({ parent }) => parent === caller);
    assert.deepEqual(others, []);
    const serves = ({ parent, links }) => parent === upsert || links.includes(upsert);
    assert.ok(otel.spans.some(serves));
  }
  assert.ok(otel.spans.every((span) => callers.includes(span) || span.endTime !== undefined));
});

test('failures, retries and waits are on the spans', async () => {
  const otel = instrumented();
  const service = crm.service();
  await service.upsertPerson(newPerson());
  otel.spans.length = 0;
  await crm.sim.addFaults({ action: { type: 'status', status: 503 }, times: 1 });
  await service.upsertPerson(newPerson());
  const [upsert, failed, repeated] = otel.spans;
  assert.deepEqual(
    upsert.events.map(({ event, code, attempt }) => ({ event, code, attempt })),
    [{ event: 'retry', code: 'SERVER_ERROR', attempt: 1 }],
  );
  assert.equal(failed.attributes['error.type'], 'SERVER_ERROR');
  assert.equal(failed.status.code, otel.api.SpanStatusCode.ERROR);
  assert.equal(repeated.attributes['http.request.resend_count'], 1);
  assert.equal(repeated.status, undefined);

  otel.spans.length = 0;
  await rejection(service.upsertPerson(newPerson({ phone: /** @type {any} */ (7) })));
  assert.equal(otel.spans[0].attributes['error.type'], 'VALIDATION_ERROR');
  assert.equal(otel.spans[0].attributes['twenty_crm.outcome'], 'failed');
});

test('an aborted call ends its spans', async () => {
  const otel = instrumented();
  const arrived = deferred();
  const server = await serve(() => arrived.resolve());
  const controller = new AbortController();
  const call = clientOf(server.baseUrl).get('/x', { signal: controller.signal });
  await arrived.promise;
  controller.abort();
  await rejection(call);
  while (otel.spans.some(({ endTime }) => endTime === undefined)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(otel.spans[0].attributes['error.type'], 'ABORTED');
});

test('a bulk run is one span with its requests', async () => {
  const otel = instrumented();
  await crm.service().syncPersons(Array.from({ length: 300 }, () => newPerson()));
  const [run, ...requests] = otel.spans;
  assert.equal(run.name, 'twenty-crm bulk person');
  assert.equal(run.attributes['twenty_crm.created'], 300);
  assert.ok(requests.length > 1 && requests.length < 20);
  assert.ok(requests.every(({ parent }) => parent === run));
});

test('metrics are read from stats(), by service', async () => {
  const { baseUrl } = await serve((_, response) => json(response, 404, {}));
  const main = crm.service();
  const other = clientOf(baseUrl);
  const otel = instrumented({ main, other });
  await main.upsertPerson(newPerson());
  await other.get('/x');
  const read = otel.read();
  assert.deepEqual(read['twenty_crm.requests'], [
    { value: main.stats().requests, 'twenty_crm.service': 'main' },
    { value: 1, 'twenty_crm.service': 'other' },
  ]);
  assert.deepEqual(read['twenty_crm.failures'], [
    { value: 1, 'twenty_crm.service': 'other', 'error.type': 'NOT_FOUND' },
  ]);
  stop();
  assert.deepEqual(otel.read(), {});
});
