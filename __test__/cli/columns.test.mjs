// Columns and keys that are mapped, ignored or unknown: nothing is lost in silence, and the advice can be pasted.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';

const require = createRequire(import.meta.url);
const { openInput } = require('../../lib/cli/input/open.js');
const { readMapping } = require('../../lib/cli/mapping.js');
const { CliFailure } = require('../../lib/cli/failure.js');

/**
 * @param {string} text
 * @param {object} [options] of the command
 * @param {string} [name] of the file, for its format
 */
async function read(text, options = {}, name = 'csv') {
  const mapping = readMapping('person', options);
  const { signal } = new AbortController();
  const settings = { format: name, ...options };
  const stream = Readable.from([Buffer.from(text)]);
  const input = await openInput('-', 'person', mapping, settings, stream, signal);
  const entries = [];
  for await (const entry of input.entries) entries.push(entry);
  return entries;
}

/** @param {object[]} objects @param {object} [options] */
const readObjects = (objects, options) =>
  read(objects.map((one) => `${JSON.stringify(one)}\n`).join(''), options, 'ndjson');

/** @param {() => unknown} reading */
async function failureOf(reading) {
  try {
    await reading();
  } catch (error) {
    assert.ok(error instanceof CliFailure, error.stack);
    return error;
  }
  throw new Error('it was read');
}

describe('columns', () => {
  const beside = 'external_id,Vorname,Name,email\n1,Anna Maria,Okafor,a@x.example\n';

  test('a part of a name beside a name: both readings are offered, and both keep the other part', async () => {
    const { message, hint } = await failureOf(() => read(beside));
    assert.equal(message, 'Unknown column: "Vorname"');
    assert.ok(hint.includes('--map "Vorname=name.firstName" --map "Name=name.lastName"'), hint);
    assert.ok(hint.includes('whole name: --ignore "Vorname"'), hint);
    assert.ok(!hint.includes('"Vorname=name"'), hint);
    const mapped = await failureOf(() => read(beside, { map: ['Vorname=name'] }));
    assert.match(mapped.hint, /--map "Vorname=name\.firstName" --map "Name=name\.lastName"/);
    const map = ['Vorname=name.firstName', 'Name=name.lastName'];
    const [{ record }] = await read(beside, { map });
    assert.deepEqual(record.name, { firstName: 'Anna Maria', lastName: 'Okafor' });
  });

  test('both parts beside the whole name: the parts are offered first', async () => {
    const text =
      'external_id,First Name,Last Name,Name,email,Notes\n1,Md,Rahman,Md Rahman,a@x.example,\n';
    const { hint } = await failureOf(() => read(text));
    assert.ok(hint.startsWith('To use the parts of the name: --ignore "Name".'), hint);
    assert.ok(hint.includes('\nTo map or ignore each: --ignore "Notes"\n'), hint);
    const [{ record }] = await read(text, { ignore: ['Name', 'Notes'] });
    assert.deepEqual(record.name, { firstName: 'Md', lastName: 'Rahman' });
  });

  test('a field that already has a column is not suggested for another', async () => {
    const { message, hint } = await failureOf(() =>
      read('external_id,name,email,E-mail 2\n1,A B,a@x.example,b@x.example\n'),
    );
    assert.match(message, /but another column already fills it/);
    assert.ok(!hint.includes('--map'), hint);
  });

  test('a column both mapped and ignored: wrong usage, instead of dropping the value in silence', async () => {
    const text = 'external_id,name,email,Tel\n1,A B,a@x.example,+447700900123\n';
    const options = { map: ['Tel=phone'], ignore: ['Tel'] };
    const { exitCode, message } = await failureOf(() => read(text, options));
    assert.deepEqual([exitCode, message], [2, '"Tel" is both mapped and ignored']);
  });

  test('an --ignore column spelt differently in the file is reported, not written', async () => {
    const text = 'external_id,name,email,phone\n1,A B,a@x.example,+447700900123\n';
    const { message } = await failureOf(() => read(text, { ignore: ['Phone'] }));
    assert.match(
      message,
      /--ignore names the column "Phone", which the file does not have: did you mean "phone"\?/,
    );
    // Ignoring a column that the file does not have is allowed: exports differ.
    const [{ record }] = await read(text, { ignore: ['phone', 'Phone', 'Notes'] });
    assert.equal(record.phone, undefined);
  });
});

describe('keys', () => {
  test('all unknown keys are reported at once, and none is offered a field that is already filled', async () => {
    const name = { firstName: 'A', lastName: 'B', middle: 'C' };
    const { message, hint } = await failureOf(() =>
      readObjects([{ id: '1', createdAt: 'x', name, email: 'a@x.example' }]),
    );
    assert.equal(message, 'Unknown keys: "id", "createdAt", "name.middle"');
    assert.ok(hint.includes('--ignore "id" --ignore "createdAt" --ignore "name.middle"'), hint);
  });

  test('a path into one of Twenty’s own forms keeps the rest of the form readable', async () => {
    const object = {
      external_id: '1',
      name: { first: 'Anna', lastName: 'Okafor' },
      email: 'a@x.example',
      website: { primaryLinkUrl: 'https://a.example', label: 'CEO', other: 'x' },
      own: { city: 'Leeds', other: 'x' },
    };
    const map = ['name.first=name.firstName', 'website.label=job_title', 'own.city=city'];
    const [{ record, failure }] = await readObjects([object], { map });
    assert.equal(failure, undefined);
    assert.deepEqual(record, {
      external_id: '1',
      name: { firstName: 'Anna', lastName: 'Okafor' },
      email: 'a@x.example',
      website: { primaryLinkUrl: 'https://a.example' },
      job_title: 'CEO',
      city: 'Leeds',
    });
  });

  test('a number mapped by its path keeps its calling code', async () => {
    const phones = { primaryPhoneNumber: '4155552671', primaryPhoneCallingCode: '+1' };
    const emails = { primaryEmail: 'a@x.example', additionalEmails: null };
    const map = [
      'phones.primaryPhoneNumber=phone',
      'emails.primaryEmail=email',
      'emails.primaryEmail=external_id',
    ];
    const [{ record }] = await readObjects([{ name: 'A B', phones, emails }], { map });
    assert.deepEqual(record.phone, phones);
    assert.deepEqual(record.email, emails);
    assert.equal(record.external_id, 'a@x.example');
  });
});
