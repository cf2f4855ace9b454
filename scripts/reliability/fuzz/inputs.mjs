// Files as the command line reads them: for any content, the entries must not depend on how the input is cut into
// pieces.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { mutated } from './values.mjs';

const require = createRequire(import.meta.url);
const { openInput } = require('../../../lib/cli/input/open.js');
const { readMapping } = require('../../../lib/cli/mapping.js');
const { CliFailure } = require('../../../lib/cli/failure.js');

/** @typedef {import('./values.mjs').Random} Random */

const SEEDS = {
  csv: [
    'external_id,name,email\ncli_1,Jane Doe,jane@acme.example\ncli_2,"Doe, ""Joan""",joan@acme.example\n',
    'sep=;\r\nexternal_id;name;email;total_submissions\r\ncli_1;"Jane\r\nDoe";jane@acme.example;5\r\n',
    '\ufeffexternal_id\tname\temail\ncli_1\tJane\tjane@acme.example',
    'external_id,name,email\rcli_1,Jane,jane@acme.example\r',
    'external_id,name,email\n"cli_1,Jane,jane@acme.example\n',
    'external_id|name|email\n\n|||\ncli_1|Jane\n',
    'external_id,name,email\n1,"Ann "A" One",a@acme.example\n2,"B,b@acme.example\n3,"C" ,c@acme.example\n4,"D",d@acme.example\n',
    'Report\n\nexternal_id,First Name,Last Name,email,city,plan\n1,Ann,Lee,a@acme.example,Bo\nnn,pro\n2,Bo,Ray,b@acme.example\n',
  ],
  ndjson: [
    '{"external_id":"cli_1","name":"Jane","email":"jane@acme.example"}\n\n{"external_id":"cli_2","name":"Joan","email":null}\n',
    '\ufeff{"external_id":"cli_1"}\r\nnot json\r\n[1]\r\n"x"\r\n',
    '{"external_id":"cli_1","__proto__":{"name":"x"},"name":{"first":"J"}}\n{"external_id":5}',
    '{"_rejected_line":"x"}\n{"external_id":"\\ud800"}\n',
  ],
};

const ENCODINGS = [undefined, undefined, undefined, 'utf-8', 'windows-1252', 'utf-16le'];

/**
 * @param {Buffer[]} pieces
 * @param {'csv' | 'ndjson'} format
 * @param {boolean} ignoreUnknown
 * @param {string | undefined} encoding
 */
async function read(pieces, format, ignoreUnknown, encoding) {
  const mapping = readMapping('person', { ignoreUnknown });
  const entries = [];
  try {
    const stdin = Readable.from(pieces);
    const { signal } = new AbortController();
    const input = await openInput('-', 'person', mapping, { format, encoding }, stdin, signal);
    for await (const entry of input.entries) entries.push(entry);
    return { entries };
  } catch (error) {
    assert.ok(error instanceof CliFailure, `no failure of ours: ${error?.stack}`);
    assert.ok(error.message.length < 5_000);
    return { entries, message: error.message };
  }
}

/** @param {Random} random @param {Buffer} bytes */
function split(random, bytes) {
  const pieces = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random.below(random.is(0.5) ? 3 : 200);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

/** @param {'csv' | 'ndjson'} format @returns {(random: Random) => Promise<void>} */
const target = (format) => async (random) => {
  const text = mutated(random, random.pick(SEEDS[format]));
  const bytes = Buffer.from(text, random.is(0.9) ? 'utf8' : 'latin1');
  const [ignoreUnknown, encoding] = [random.is(0.7), random.pick(ENCODINGS)];
  const whole = await read([bytes], format, ignoreUnknown, encoding);
  const inPieces = await read(split(random, bytes), format, ignoreUnknown, encoding);
  assert.deepEqual(inPieces, whole, 'the same, however it comes in pieces');
  let line = 0;
  for (const { line: at, end, record, failure } of whole.entries) {
    assert.ok(at > line && end > 0, 'lines count up');
    line = at;
    assert.notEqual(record === undefined, failure === undefined);
  }
};

/** @type {Record<string, (random: Random) => Promise<void>>} */
export const inputTargets = { 'NDJSON input': target('ndjson'), 'CSV input': target('csv') };
