// Defaults are in three places: the core that uses them, the constant that callers read, and the types.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultTags } from './helpers/declarations.mjs';

const { TWENTY_CRM_DEFAULTS: defaults } = createRequire(import.meta.url)('../lib/defaults.js');
const core = fileURLToPath(new URL('../src/core', import.meta.url));
const rust = readdirSync(core, { recursive: true })
  .filter((name) => name.endsWith('.rs'))
  .map((name) => readFileSync(path.join(core, name), 'utf8'))
  .join('\n');

/** Interfaces that are the type of an option, by the option's name. */
const nested = {
  CollisionOptions: 'collisions',
  FieldNames: 'fieldNames',
  OutboxOptions: 'outbox',
};

/** `a.b: value` of every default, from the tags. */
function flatten(object, prefix = '') {
  return Object.entries(object).flatMap(([name, value]) =>
    typeof value === 'object' && !Array.isArray(value)
      ? flatten(value, `${prefix}${name}.`)
      : [`${prefix}${name}: ${JSON.stringify(value)}`],
  );
}

test('the @default tags and TWENTY_CRM_DEFAULTS name the same options with the same values', () => {
  const tags = defaultTags.map(({ owner, name, text }) => {
    const place = nested[owner] ? `${nested[owner]}.${name}` : name;
    return `${place}: ${JSON.stringify(JSON.parse(text.replaceAll("'", '"')))}`;
  });
  assert.ok(tags.length > 15, 'tags are found');
  // An option in several interfaces has one default.
  assert.deepEqual([...new Set(tags)].sort(), flatten(defaults).sort());
});

test('the defaults are deeply frozen', () => {
  for (const value of [
    defaults,
    defaults.collisions,
    defaults.fieldNames,
    defaults.fieldNames.plan,
    defaults.outbox,
  ]) {
    assert.ok(Object.isFrozen(value));
  }
});

test('the core has the same numbers', () => {
  const inTheCore = {
    TIMEOUT_MS: defaults.timeout,
    MAX_RETRIES: defaults.maxRetries,
    INITIAL_BACKOFF_MS: defaults.initialBackoffMs,
    MAX_BACKOFF_MS: defaults.maxBackoffMs,
    MAX_THROTTLE_WAIT_MS: defaults.maxThrottleWaitMs,
    MAX_RESPONSE_BYTES: defaults.maxResponseBytes,
    CACHE_TTL_MS: defaults.cacheTtlMs,
    HASH_TTL_MS: defaults.hashTtlMs,
    MAX_CONFLICT_RETRIES: defaults.maxConflictRetries,
    CONFLICT_RETRY_DELAY_MS: defaults.conflictRetryDelay,
  };
  for (const [name, value] of Object.entries(inTheCore)) {
    const found = rust.match(new RegExp(`pub const ${name}: u\\d+ = ([\\d_]+);`))?.[1];
    assert.equal(Number(found?.replaceAll('_', '')), value, name);
  }
});

/** @param {string} text */
const snakeCase = (text) => text.replace(/(?<!^)[A-Z]/g, '_$&').toLowerCase();

test('the core has the same choices for collisions', () => {
  for (const [option, choice] of Object.entries(defaults.collisions)) {
    const name = option[0].toUpperCase() + option.slice(1);
    const body = rust.match(new RegExp(`pub enum ${name} \\{([^}]*)\\}`))?.[1];
    const variant = body?.match(/#\[default\]\s*(\w+)/)?.[1] ?? 'no such enum';
    assert.equal(snakeCase(variant), choice, name);
  }
});

test('the core has the same field names', () => {
  const body = rust.match(/impl Default for FieldNames \{([\s\S]*?)\n\}/)?.[1] ?? '';
  for (const [option, name] of Object.entries(defaults.fieldNames)) {
    const value = body.match(
      new RegExp(`\\b${snakeCase(option)}: ([\\s\\S]*?)\\.(?:into|map)\\(`),
    )?.[1];
    assert.deepEqual(JSON.parse((value ?? 'null').replace(/,\s*]/, ']')), name, option);
  }
});
