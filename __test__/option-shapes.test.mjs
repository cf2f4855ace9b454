// Options that are objects or special strings: errors use the words of the documentation.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import {
  createTwentyCrmSyncService,
  TwentyCrmApiService,
  TwentyCrmRestClient,
  TwentyCrmSchemaService,
} from '../index.mjs';
import { KEY } from './helpers/servers.mjs';

const { CHOICES, OWNERS } = createRequire(import.meta.url)('../lib/option-shapes.js');
const config = { baseUrl: 'http://127.0.0.1:1', apiKey: KEY };
const wrong = [1, 1.5, true, 'x', [], [1], {}, { a: 1 }, null];

/** Words of the core's parser, which belong to Rust. */
const FOREIGN = /struct|variant|untagged|integer|floating|sequence|\bmap\b|`|invalid type/;

/** @param {string} option @param {() => unknown} make */
function checkRefusal(option, make) {
  try {
    make();
  } catch (error) {
    assert.equal(error.code, 'VALIDATION_ERROR');
    assert.equal(error.details.field, option);
    assert.ok(error.message.startsWith(option), error.message);
    assert.doesNotMatch(error.message, FOREIGN);
    return error.message;
  }
  return undefined;
}

test('any invalid value: the refusal names the option and no type of the core', async () => {
  const shaped = { collisions: 'ownGone', fieldNames: 'plan', fieldOwnership: 'person' };
  for (const value of wrong) {
    for (const [option, inner] of Object.entries(shaped)) {
      for (const given of [value, { [inner]: value }, { [inner]: { job_title: value } }]) {
        const options = /** @type {any} */ ({ [option]: given });
        checkRefusal(option, () => createTwentyCrmSyncService(config, options));
        if (option !== 'fieldNames') continue;
        const client = new TwentyCrmRestClient(config);
        checkRefusal(option, () => new TwentyCrmSchemaService(client, options));
        const { findings } = await new TwentyCrmApiService().diagnose(
          { ...config, maxRetries: 0 },
          options,
        );
        for (const { message } of findings) assert.doesNotMatch(message, FOREIGN);
      }
    }
    for (const option of [
      'companyKey',
      'batching',
      'defaultCountry',
      'invalidEmail',
      'missingEmail',
      'namespace',
    ]) {
      const options = /** @type {any} */ ({ [option]: value });
      checkRefusal(option, () => createTwentyCrmSyncService(config, options));
    }
  }
});

test('the refusal says which values are valid', () => {
  for (const [options, message] of /** @type {[any, RegExp][]} */ ([
    [{ collisions: { ownGone: 'x' } }, /^collisions\.ownGone must be one of create, skip, report$/],
    [
      { collisions: { owngone: 'skip' } },
      /^collisions has no "owngone": use one of unclaimedMatch,/,
    ],
    [{ collisions: JSON.parse('{"__proto__":"skip"}') }, /^collisions has no "__proto__"/],
    [{ collisions: { ['x'.repeat(10_000)]: 1 } }, /^collisions has no "a text of 10000 char/],
    [
      { fieldOwnership: { people: {} } },
      /^fieldOwnership has no "people": use one of person, comp/,
    ],
    [
      { fieldOwnership: { person: { job_title: 'never' } } },
      /^fieldOwnership\.person\.job_title must be one of always, if-empty, create-only$/,
    ],
    [
      { fieldOwnership: { person: { job: 'always' } } },
      /^fieldOwnership\.person has no field "job"/,
    ],
    [{ fieldNames: { plan: [7] } }, /^fieldNames\.plan must be a string, or a list of strings$/],
    [{ namespace: 7 }, /^namespace must be a string$/],
  ])) {
    const [option] = Object.keys(options);
    assert.match(
      String(checkRefusal(option, () => createTwentyCrmSyncService(config, options))),
      message,
    );
  }
});

test('every choice of the core is accepted, and no other', () => {
  /** @param {string} name @param {string} file @param {string} separator */
  const choicesOf = (name, file, separator) => {
    const text = readFileSync(new URL(`../src/core/sync/${file}`, import.meta.url), 'utf8');
    const body = text.match(new RegExp(`pub enum ${name} \\{([^}]*)\\}`))?.[1] ?? '';
    return [...body.matchAll(/^ {4}([A-Z]\w+),$/gm)].map(([, variant]) =>
      variant.replace(/(?<!^)[A-Z]/g, `${separator}$&`).toLowerCase(),
    );
  };
  for (const [option, choices] of Object.entries(CHOICES)) {
    const name = option[0].toUpperCase() + option.slice(1);
    assert.deepEqual(choicesOf(name, 'options.rs', '_').sort(), [...choices].sort(), option);
    for (const choice of choices) {
      createTwentyCrmSyncService(config, { collisions: { [option]: choice } });
    }
  }
  assert.deepEqual(choicesOf('Owner', 'record/ownership.rs', '-'), [...OWNERS]);
  for (const owner of OWNERS) {
    createTwentyCrmSyncService(config, { fieldOwnership: { company: { status: owner } } });
  }
});
