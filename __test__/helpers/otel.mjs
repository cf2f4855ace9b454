// A stand-in for `@opentelemetry/api` with an SDK: the calls that the example uses, in the shape of the real API.
import { AsyncLocalStorage } from 'node:async_hooks';

export function standInForOtel() {
  const active = new AsyncLocalStorage();
  const root = new Map();
  /** @type {any[]} */
  const spans = [];
  /** @type {any[]} */
  const recorded = [];
  /** @type {{ callback: (result: any) => void, instruments: any[] }[]} */
  const callbacks = [];
  const tracer = {
    startSpan(
      name,
      { kind, startTime, attributes, links = [] } = /** @type {any} */ ({}),
      context = root,
    ) {
      const span = {
        ...{ name, kind, startTime, attributes: { ...attributes }, events: [] },
        parent: context.get('span'),
        status: undefined,
        endTime: undefined,
        links: links.map((/** @type {any} */ link) => link.context),
        spanContext: () => span,
        setAttribute(key, value) {
          span.attributes[key] = value;
          return span;
        },
        setStatus(status) {
          span.status = status;
          return span;
        },
        addEvent(event, attributesOfEvent) {
          span.events.push({ event, ...attributesOfEvent });
          return span;
        },
        end(endTime) {
          if (span.endTime !== undefined) throw new Error(`${name} ended twice`);
          span.endTime = endTime ?? Date.now();
        },
      };
      spans.push(span);
      return span;
    },
  };
  const instrument = (name, options) => ({ name, ...options });
  const meter = {
    createHistogram: (name) => ({
      record: (value, attributes) => recorded.push({ name, value, attributes }),
    }),
    createObservableCounter: instrument,
    createObservableUpDownCounter: instrument,
    addBatchObservableCallback: (callback, instruments) =>
      callbacks.push({ callback, instruments }),
    removeBatchObservableCallback(callback) {
      const at = callbacks.findIndex((other) => other.callback === callback);
      if (at >= 0) callbacks.splice(at, 1);
    },
  };
  const api = {
    trace: {
      getTracer: () => tracer,
      setSpan: (context, span) => new Map(context).set('span', span),
    },
    context: { active: () => active.getStore() ?? root },
    metrics: { getMeter: () => meter },
    SpanKind: { INTERNAL: 0, CLIENT: 2 },
    SpanStatusCode: { UNSET: 0, OK: 1, ERROR: 2 },
  };
  return {
    api,
    spans,
    recorded,
    callbacks,
    /** Runs `work` under a span of the caller. @template T @param {any} span @param {() => T} work */
    within: (span, work) => active.run(new Map([['span', span]]), work),
    tracer,
    /** The values that a reader would get now. */
    read() {
      /** @type {Record<string, any[]>} */
      const read = {};
      for (const { callback, instruments } of callbacks) {
        callback({
          observe(one, value, attributes) {
            if (!instruments.includes(one)) throw new Error(`${one.name} is not in the batch`);
            read[one.name] ??= [];
            read[one.name].push({ value, ...attributes });
          },
        });
      }
      return read;
    },
  };
}
