// OpenTelemetry spans and metrics for twenty-crm-native. Start the SDK as usual, then:
//
//   import * as otel from '@opentelemetry/api';
//   import { instrumentTwentyCrm } from './instrument.mjs';
//
//   const stop = instrumentTwentyCrm(otel, { services: { main: crm } });
//
// It only uses `@opentelemetry/api`, which is passed in. Without an SDK, all of this does nothing.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

const SCOPE = 'twenty-crm-native';
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** Seconds; the same buckets as in OpenTelemetry's own HTTP instrumentation. */
const DURATION_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/**
 * @param {any} otel `@opentelemetry/api`
 * @param {object} [options]
 * @param {Record<string, { stats(): import('twenty-crm-native').TwentyCrmStats }>} [options.services] services and
 * clients
 *   whose counters become metrics, by the value of the attribute `twenty_crm.service`. A client includes the services
 *   made
 *   from it: name either the client or the services.
 * @returns {() => void} removes the instrumentation
 */
export function instrumentTwentyCrm(otel, { services = {} } = {}) {
  const stopTracing = trace(otel);
  const stopMeasuring = measure(otel, services);
  return () => {
    stopTracing();
    stopMeasuring();
  };
}

/** @param {any} otel */
function trace({ trace: tracing, context, metrics, SpanKind, SpanStatusCode }) {
  const tracer = tracing.getTracer(SCOPE);
  const duration = metrics.getMeter(SCOPE).createHistogram('http.client.request.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: DURATION_BOUNDS },
  });
  /** @type {Map<number, { span: any, context: any }>} */
  const operations = new Map();
  /** @type {Map<number, any>} */
  const requests = new Map();

  /** @param {any} span @param {any} event */
  function end(span, { code, reason, startTimeMs, durationMs }) {
    if (code !== undefined) {
      span.setAttribute('error.type', code);
      span.setStatus({ code: SpanStatusCode.ERROR, message: reason ?? code });
    }
    span.end(startTimeMs + durationMs);
  }

  /** @param {string} name */
  const onStart = (name) => (/** @type {any} */ event) => {
    // In the caller's own context: the span becomes a child of the span that is active there.
    const parent = context.active();
    const { entity, externalId, startTimeMs } = event;
    const attributes = {
      'twenty_crm.entity': entity,
      ...(externalId !== undefined && { 'twenty_crm.external_id': externalId }),
    };
    const settings = { kind: SpanKind.INTERNAL, startTime: startTimeMs, attributes };
    const span = tracer.startSpan(`twenty-crm ${name} ${entity}`, settings, parent);
    operations.set(event.operationId, { span, context: tracing.setSpan(parent, span) });
  };

  const onEnd = (/** @type {any} */ event) => {
    const { operationId, outcome } = event;
    const span = operations.get(operationId)?.span;
    if (span === undefined) return;
    operations.delete(operationId);
    span.setAttribute('twenty_crm.outcome', outcome);
    for (const name of ['total', 'created', 'updated', 'unchanged', 'failed', 'warnings']) {
      if (event[name] !== undefined) span.setAttribute(`twenty_crm.${name}`, event[name]);
    }
    end(span, event);
  };

  /** @type {Record<string, (event: any) => void>} */
  const listeners = {
    'request:start'(event) {
      const { operationId, operationIds = [], requestId, method, path, attempt } = event;
      const attributes = {
        'http.request.method': method,
        'url.path': path,
        'http.request.body.size': event.bytesSent,
        ...(attempt > 1 && { 'http.request.resend_count': attempt - 1 }),
      };
      const name = `${method} ${path.replaceAll(UUID, '{id}')}`;
      const parent = operations.get(operationId)?.context ?? context.active();
      // A request that several upserts share is a child of the first one, and linked to the others.
      const others = operationIds.filter((/** @type {number} */ id) => id !== operationId);
      const links = others
        .map((/** @type {number} */ id) => operations.get(id)?.span)
        .filter((/** @type {unknown} */ span) => span !== undefined)
        .map((/** @type {any} */ span) => ({ context: span.spanContext() }));
      const settings = { kind: SpanKind.CLIENT, startTime: event.startTimeMs, attributes, links };
      requests.set(requestId, tracer.startSpan(name, settings, parent));
    },
    'request:end'(event) {
      const { requestId, method, status, code, aborted, durationMs } = event;
      duration.record(durationMs / 1000, {
        'http.request.method': method,
        ...(status !== undefined && { 'http.response.status_code': status }),
        ...(code !== undefined && { 'error.type': code }),
      });
      const span = requests.get(requestId);
      if (span === undefined) return;
      requests.delete(requestId);
      if (status !== undefined) span.setAttribute('http.response.status_code', status);
      end(span, aborted ? { ...event, code: 'ABORTED' } : event);
    },
    retry({ operationId, code, attempt, delayMs }) {
      operations.get(operationId)?.span.addEvent('retry', { code, attempt, delayMs });
    },
    throttle({ operationId, cause, waitMs = 0 }) {
      operations.get(operationId)?.span.addEvent('throttle', { cause, waitMs });
    },
  };
  for (const name of ['upsert', 'find', 'delete', 'bulk']) {
    listeners[`${name}:start`] = onStart(name);
    listeners[`${name}:end`] = onEnd;
  }
  const subscribed = Object.entries(listeners).map(([name, listener]) => {
    const channel = `${SCOPE}:${name}`;
    const onMessage = (/** @type {any} */ event) => listener(event);
    subscribe(channel, onMessage);
    return { channel, onMessage };
  });
  return () => {
    for (const { channel, onMessage } of subscribed) unsubscribe(channel, onMessage);
    for (const { span } of operations.values()) span.end();
    for (const span of requests.values()) span.end();
  };
}

/**
 * Observable metrics, read at the interval of the SDK's reader.
 * @param {any} otel
 * @param {Record<string, { stats(): import('twenty-crm-native').TwentyCrmStats }>} services
 */
function measure({ metrics }, services) {
  const meter = metrics.getMeter(SCOPE);
  const counter = (/** @type {string} */ name, unit = '1') =>
    meter.createObservableCounter(`twenty_crm.${name}`, { unit });
  const gauge = (/** @type {string} */ name) =>
    meter.createObservableUpDownCounter(`twenty_crm.${name}`);
  const requests = counter('requests', '{request}');
  const retries = counter('retries', '{request}');
  const throttled = counter('throttled', '{request}');
  const failures = counter('failures', '{call}');
  const sent = counter('sent', 'By');
  const received = counter('received', 'By');
  const retryWait = counter('retry_wait', 'ms');
  const throttleWait = counter('throttle_wait', 'ms');
  const hits = counter('cache.hits');
  const misses = counter('cache.misses');
  const inFlight = gauge('in_flight');
  const all = [
    ...[requests, retries, throttled, failures, sent, received],
    ...[retryWait, throttleWait, hits, misses, inFlight],
  ];

  /** @param {any} result */
  function observe(result) {
    for (const [name, service] of Object.entries(services)) {
      const stats = service.stats();
      const of = { 'twenty_crm.service': name };
      result.observe(requests, stats.requests, of);
      result.observe(retries, stats.retries, of);
      result.observe(throttled, stats.throttled, of);
      for (const [code, count] of Object.entries(stats.failuresByCode)) {
        if (count > 0) result.observe(failures, count, { ...of, 'error.type': code });
      }
      result.observe(sent, stats.bytesSent, of);
      result.observe(received, stats.bytesReceived, of);
      result.observe(retryWait, stats.retryWaitMs, of);
      result.observe(throttleWait, stats.throttleWaitMs, of);
      result.observe(hits, stats.cache.hits, of);
      result.observe(misses, stats.cache.misses, of);
      result.observe(inFlight, stats.inFlight, of);
    }
  }
  meter.addBatchObservableCallback(observe, all);
  return () => meter.removeBatchObservableCallback(observe, all);
}
