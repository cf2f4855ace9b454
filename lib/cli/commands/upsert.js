'use strict';

const { readFileSync } = require('node:fs');
const { createTwentyCrmSyncService } = require('../../create-sync-service.js');
const { made, readConnection, readServiceOptions, requireDirect } = require('../environment.js');
const { EXIT } = require('../exit-codes.js');
const { CliFailure, inputFailure, whyUnreadable } = require('../failure.js');
const { identifier } = require('../ids.js');
const { BadRecord, objectMapper, readMapping } = require('../mapping.js');
const { isObject } = require('../object.js');
const { optionFor, printable } = require('../text.js');
const { fieldsHint } = require('../unknown.js');

/** Bytes of standard input that are read. */
const MAX_BYTES = 10_000_000;

/**
 * @param {import('../main.js').Context} context
 * @param {'person' | 'company'} entity
 * @param {string} source JSON, the name of a file, or `-`
 * @param {import('../program.js').UpsertOptions} options
 * @returns {Promise<import('../main.js').Outcome>}
 */
async function upsert({ console, env, stdin, interruption }, entity, source, options) {
  const serviceOptions = readServiceOptions(options);
  const text = await readText(source, stdin, interruption.soft);
  const record = toRecord(entity, text, options.allowId);
  const connection = readConnection(options, env, console);
  requireDirect(connection);
  /** @type {import('../../../index.js').SyncWarning[]} */
  const warnings = [];
  const service = made(() =>
    createTwentyCrmSyncService(connection.config, {
      ...serviceOptions,
      onWarning: (warning) => warnings.push(warning),
    }),
  );
  const call = { signal: interruption.soft };
  const written =
    entity === 'person'
      ? await service.upsertPerson(/** @type {any} */ (record), call)
      : await service.upsertCompany(/** @type {any} */ (record), call);
  const { id, externalId, created } = written;
  return {
    exitCode: EXIT.OK,
    result: { entity, ...written, warnings },
    show: () => {
      const { out, err } = console;
      for (const { field, reason, message } of warnings) {
        const text = printable(`${field}: ${message}${optionFor(reason, message)}`);
        err.write(`${err.paint('yellow', '!')} ${text}\n`);
      }
      const verb = out.paint('green', created ? 'created' : 'updated');
      out.write(`${verb} ${entity} ${printable(externalId)}  ${id}\n`);
    },
  };
}

/**
 * @param {string} source
 * @param {NodeJS.ReadStream} stdin
 * @param {AbortSignal} signal
 */
async function readText(source, stdin, signal) {
  if (/^\s*[{[]/.test(source)) return source;
  if (source === '-') {
    /** @type {Buffer[]} */
    const chunks = [];
    let length = 0;
    signal.addEventListener('abort', () => stdin.destroy());
    for await (const chunk of stdin) {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > MAX_BYTES) throw inputFailure('Standard input has more than one record');
    }
    return Buffer.concat(chunks).toString();
  }
  try {
    return readFileSync(source, 'utf8');
  } catch (error) {
    throw inputFailure(
      `${source} cannot be read: ${whyUnreadable(error)}`,
      'Give a record as JSON, the name of a file that holds one, or - for standard input.',
    );
  }
}

/**
 * @param {'person' | 'company'} entity
 * @param {string} text
 * @param {boolean} [allowId]
 */
function toRecord(entity, text, allowId) {
  let value;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw inputFailure(
      `The record is not JSON: ${error.message}`,
      `Many records, one a line: npx twenty-crm-native sync ${entity === 'person' ? 'people' : 'companies'} FILE`,
    );
  }
  if (!isObject(value)) throw inputFailure('The record must be one JSON object');
  try {
    const mapping = readMapping(entity, { allowId });
    return identifier(mapping)(objectMapper(entity, mapping)(value));
  } catch (error) {
    if (!(error instanceof BadRecord)) throw error;
    const hint = error.code === 'UNKNOWN_FIELD' ? fieldsHint(entity) : undefined;
    throw new CliFailure(EXIT.LEFTOVER, error.code, error.message, hint);
  }
}

module.exports = { upsert };
