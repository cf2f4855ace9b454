import { readFileSync } from 'node:fs';
import type { CompanyInput, PersonInput, SyncWarning } from '../../../index.js';
import { createTwentyCrmSyncService } from '../../create-sync-service.js';
import { messageOf } from '../../serialise.js';
import { made, readConnection, readServiceOptions, requireDirect } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import { CliFailure, inputFailure, whyUnreadable } from '../failure.js';
import { identifier } from '../ids.js';
import { BadRecord, objectMapper, readMapping } from '../mapping.js';
import { isObject } from '../object.js';
import type { Context, Outcome, UpsertOptions } from '../program.js';
import { optionFor, printable } from '../text.js';
import { fieldsHint } from '../unknown.js';

/** Bytes read from standard input, at most. */
const MAX_BYTES = 10_000_000;

/** @param source JSON, a file name, or `-` */
async function upsert(
  { console, env, stdin, interruption }: Context,
  entity: 'person' | 'company',
  source: string,
  options: UpsertOptions,
): Promise<Outcome> {
  const serviceOptions = readServiceOptions(options);
  const text = await readText(source, stdin, interruption.soft);
  const record = toRecord(entity, text, options.allowId);
  const connection = readConnection(options, env, console);
  requireDirect(connection);
  const warnings: SyncWarning[] = [];
  const service = made(() =>
    createTwentyCrmSyncService(connection.config, {
      ...serviceOptions,
      onWarning: (warning) => warnings.push(warning),
    }),
  );
  const call = { signal: interruption.soft };
  const written =
    entity === 'person'
      ? await service.upsertPerson(record as unknown as PersonInput, call)
      : await service.upsertCompany(record as unknown as CompanyInput, call);
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

async function readText(source: string, stdin: NodeJS.ReadStream, signal: AbortSignal) {
  if (/^\s*[{[]/.test(source)) return source;
  if (source === '-') {
    const chunks: Buffer[] = [];
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
      'Give a record as JSON, the name of a file with one record, or - for standard input.',
    );
  }
}

function toRecord(entity: 'person' | 'company', text: string, allowId?: boolean) {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw inputFailure(
      `The record is not JSON: ${messageOf(error)}`,
      `For many records, one a line: npx twenty-crm-native sync ${entity === 'person' ? 'people' : 'companies'} FILE`,
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

export { upsert };
