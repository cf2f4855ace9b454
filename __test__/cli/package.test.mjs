// The installed program: from the packed tarball, with no other package.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { useSim } from '../helpers/crm.mjs';
import { envOf, file, fresh, root, run } from './cli.mjs';

const execute = promisify(execFile);
const crm = useSim({ preset: 'provisioned' });
const folder = mkdtempSync(path.join(tmpdir(), 'twenty-cli-package-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const onWindows = process.platform === 'win32' && 'needs symbolic links and tar';

test('the bin of the packed tarball works', { skip: onWindows }, async () => {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const packed = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
  const { stdout } = await execute('npm', packed, { cwd: root, maxBuffer: 1e8 });
  const answer = JSON.parse(stdout.slice(stdout.search(/[[{]/)));
  const [{ filename }] = Array.isArray(answer) ? answer : Object.values(answer);
  const modules = path.join(folder, 'node_modules');
  const home = path.join(modules, manifest.name);
  mkdirSync(home, { recursive: true });
  await execute('tar', [
    '-xzf',
    path.join(folder, path.basename(filename)),
    '-C',
    home,
    '--strip-components=1',
  ]);
  mkdirSync(path.join(modules, '.bin'));
  const linked = path.join(modules, '.bin', 'twenty-crm-native');
  symlinkSync(path.join('..', manifest.name, manifest.bin['twenty-crm-native']), linked);

  const { TWENTY_CRM_BASE_URL, TWENTY_CRM_API_KEY } = envOf(crm.sim);
  const env = { ...process.env, TWENTY_CRM_BASE_URL, TWENTY_CRM_API_KEY };
  const input = file('people.csv', 'external_id,name,email\n1,Jane Doe,jane@example.com\n');
  const ran = await execute(linked, ['sync', 'people', input, '--json'], { env, cwd: folder });
  assert.equal(JSON.parse(ran.stdout).result.created, 1);
  const version = await execute(linked, ['--version'], { cwd: folder });
  assert.equal(version.stdout, `${manifest.version}\n`);
});

/** The peak memory of a run, in MB. @param {string[]} args @param {string | Iterable<Buffer>} input */
async function memoryOf(args, input) {
  const report = fresh('memory.txt');
  const hook = file(
    'hook.cjs',
    `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS)));`,
  );
  const env = { ...envOf(crm.sim), NODE_OPTIONS: `--require ${hook}` };
  const ran = await run([...args, '--json'], { env, input });
  return {
    ...ran,
    megabytes: Number(readFileSync(report, 'utf8')) / 1024,
    json: JSON.parse(ran.stdout),
  };
}

test('files are read as streams: neither many rows nor a long line take much memory', async () => {
  const args = ['sync', 'people', '-', '--format'];
  const small = await memoryOf([...args, 'csv'], 'external_id,name,email\n');
  // They are refused before sending, so that only reading is measured; each goes to the rejects file.
  const row = 'cli_1,Jane Doe,jane@example.com,many\n';
  const rows = `external_id,name,email,total_submissions\n${row.repeat(800_000)}`;
  const many = await memoryOf([...args, 'csv', '--rejects', fresh('rejects.csv')], rows);
  assert.equal(many.json.result.refused, 800_000);
  // Kept records would take more than this; when a busy machine collects the rest is up to Node.
  assert.ok(
    many.megabytes - small.megabytes < 180,
    `${many.megabytes - small.megabytes} MB for rows`,
  );

  const megabyte = Buffer.alloc(1_000_000, 'x');
  const line = function* () {
    yield Buffer.from('{"external_id":"a","name":"');
    for (let n = 0; n < 400; n += 1) yield megabyte;
    yield Buffer.from('"}\n{"external_id":"b","name":"B","email":"b@example.com"}\n');
  };
  const long = await memoryOf([...args, 'ndjson'], line());
  assert.equal(long.json.result.refusals[0].code, 'RECORD_TOO_LONG');
  assert.equal(long.json.result.created, 1);
  // Node's read-ahead that is not collected yet exceeds the maximum of a line, but not the size of this one.
  assert.ok(
    long.megabytes - small.megabytes < 250,
    `${long.megabytes - small.megabytes} MB for a line`,
  );

  const cell = function* () {
    yield Buffer.from('external_id,name,email\n"');
    yield* line();
  };
  const csv = await memoryOf([...args, 'csv'], cell());
  assert.equal(csv.code, 5);
  assert.match(
    csv.json.error.message,
    /Line 2: the record that begins here has more than 262144 bytes/,
  );
  assert.ok(
    csv.megabytes - small.megabytes < 250,
    `${csv.megabytes - small.megabytes} MB for a cell`,
  );
});
