import type { OutboxClock, OutboxOptions, OutboxService, OutboxStore } from '../../index.js';
import { TWENTY_CRM_DEFAULTS } from '../defaults.js';
import type { Unchecked } from '../serialise.js';
import { invalid } from '../serialise.js';
import { readNamed } from './arguments.js';
import { systemClock } from './timing.js';

const LONGEST_MS = 3_600_000;

/**
 * The PostgreSQL statements treat a lease that ends more than an hour from now as the trace of a clock set back. The
 * other half hour is for statements that wait for a lock.
 */
const LONGEST_LEASE_MS = 1_800_000;

/** Smallest and largest value of each number. */
const NUMBERS = {
  batchSize: [1, 10_000],
  leaseMs: [1_000, LONGEST_LEASE_MS],
  pollIntervalMs: [1, LONGEST_MS],
  initialBackoffMs: [1, LONGEST_MS],
  maxBackoffMs: [1, LONGEST_MS],
  pauseMs: [1, LONGEST_MS],
  stopTimeoutMs: [0, LONGEST_MS],
  flushTimeoutMs: [0, LONGEST_MS],
} as const;

const numberNames = Object.keys(NUMBERS) as (keyof typeof NUMBERS)[];

const OTHERS = [
  'service',
  'store',
  'invalidEmail',
  'missingEmail',
  'onError',
  'onDeadLetter',
  'clock',
  'random',
] as const satisfies readonly Exclude<keyof OutboxOptions, keyof typeof NUMBERS>[];

const STORE_METHODS = [
  'enqueue',
  'claim',
  'renew',
  'settle',
  'stats',
  'deadLetters',
  'retry',
  'purge',
];

export type Settings = Record<keyof typeof NUMBERS, number> & {
  service: OutboxService;
  store: OutboxStore;
  invalidEmail: unknown;
  missingEmail: unknown;
  onError: OutboxOptions['onError'];
  onDeadLetter: OutboxOptions['onDeadLetter'];
  clock: OutboxClock;
  random: () => number;
};

function readSettings(options: unknown): Settings {
  if (typeof options !== 'object' || options === null) {
    throw invalid('options', 'options must be an object with service and store');
  }
  const given = readNamed('createTwentyCrmOutbox', options, [...numberNames, ...OTHERS]);
  const numbers = pick(given, numberNames);
  for (const [name, [least, most]] of Object.entries(NUMBERS)) {
    const value = (numbers[name] ??
      TWENTY_CRM_DEFAULTS.outbox[name as keyof typeof NUMBERS]) as number;
    if (!Number.isInteger(value) || value < least || value > most) {
      throw invalid(name, `${name} must be a whole number from ${least} to ${most}`);
    }
    numbers[name] = value;
  }
  const others = pick(given, OTHERS);
  requireMethods('service', others.service, ['syncPersons', 'syncCompanies']);
  requireMethods('store', others.store, STORE_METHODS);
  for (const name of ['onError', 'onDeadLetter', 'random'] as const) {
    if (others[name] !== undefined && typeof others[name] !== 'function') {
      throw invalid(name, `${name} must be a function`);
    }
  }
  if (others.clock !== undefined) requireMethods('clock', others.clock, ['now', 'sleep']);
  return {
    ...numbers,
    ...others,
    clock: others.clock ?? systemClock,
    random: others.random ?? Math.random,
  } as unknown as Settings;
}

function pick<Name extends string>(
  values: Record<Name, unknown>,
  names: readonly Name[],
): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

function requireMethods(what: string, object: unknown, methods: string[]) {
  for (const method of methods) {
    let found: unknown;
    try {
      found = (object as Unchecked)?.[method];
    } catch {
      // A getter that throws counts as no method.
    }
    if (typeof found !== 'function') {
      throw invalid(what, `${what} must have a method ${method}`);
    }
  }
}

export { readSettings };
