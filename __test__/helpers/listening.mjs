// Listeners for tests of events and logs.
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { after } from 'node:test';

export const CHANNELS = [
  ...['request:start', 'request:end', 'retry', 'throttle'],
  ...['upsert', 'find', 'delete', 'bulk'].flatMap((name) => [`${name}:start`, `${name}:end`]),
].map((name) => `twenty-crm-native:${name}`);

/**
 * Records the events of the named channels, by default all, until `stop` or the end of the test file.
 * @param {string[]} [names] without the prefix
 */
export function listen(names) {
  const wanted = names?.map((name) => `twenty-crm-native:${name}`) ?? CHANNELS;
  /** @type {{ name: string, event: any }[]} */
  const events = [];
  /** @param {unknown} event @param {string | symbol} name */
  const note = (event, name) =>
    events.push({ name: String(name).replace('twenty-crm-native:', ''), event });
  for (const name of wanted) subscribe(name, note);
  const stop = () => {
    for (const name of wanted) unsubscribe(name, note);
  };
  after(stop);
  return {
    events,
    stop,
    /** @param {string} name @returns {any[]} */
    of: (name) => events.filter((other) => other.name === name).map(({ event }) => event),
  };
}

/** Whether any channel has a listener. */
export const isAnybodyListening = () => CHANNELS.some((name) => channel(name).hasSubscribers);

/** A logger that records its lines, and checks how it is called. */
export function notingLogger() {
  /** @type {{ level: string, line: string }[]} */
  const lines = [];
  /** @param {string} level */
  const at = (level) =>
    /** @this {unknown} @param {unknown[]} values */
    function (...values) {
      if (this !== logger) throw new Error('not called as a method');
      if (values.length !== 1 || typeof values[0] !== 'string') throw new Error('not one text');
      lines.push({ level, line: values[0] });
    };
  const logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { logger, lines, text: () => lines.map(({ line }) => line).join('\n') };
}

/**
 * The process warnings that `work` causes, including those of its hooks.
 * @param {() => Promise<unknown>} work
 */
export async function warningsOf(work) {
  /** @type {any[]} */
  const warnings = [];
  const note = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', note);
  try {
    await work();
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    process.off('warning', note);
  }
  return warnings;
}
