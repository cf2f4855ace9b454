// Each file that is loaded adds a third of a millisecond to the cold start, so the files of the two usual beginnings
// are written down here.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runNode } from './consumers/support.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const config = "{ baseUrl: 'http://127.0.0.1:9', apiKey: 'none' }";

const CLIENT = [
  'index',
  'lib/binaries',
  'lib/dispatcher',
  'lib/errors',
  'lib/native',
  'lib/observability/channels',
  'lib/observability/hooks',
  'lib/option-schema',
  'lib/options',
  'lib/rest-client',
  'lib/serialise',
];

const SERVICE = [
  ...CLIENT,
  'lib/config/sync-mode',
  'lib/create-sync-service',
  'lib/observability/operations',
  'lib/sync-service',
];

/** @type {[string, string, string[]][]} */
const beginnings = [
  [
    'a client and its first call',
    `new api.TwentyCrmRestClient(${config}).get('/rest/people')`,
    CLIENT,
  ],
  [
    'a service and its first upsert',
    `api.createTwentyCrmSyncService(${config}).upsertPerson({ external_id: '1', name: 'A B', email: 'a@b.co' }).catch(() => {})`,
    SERVICE,
  ],
];

for (const [what, begin, expected] of beginnings) {
  test(`${what} load these files and no others`, async () => {
    const code = `
      const api = require(${JSON.stringify(root)});
      ${begin};
      console.log(JSON.stringify(Object.keys(require.cache)));
      process.exit();`;
    const { stdout, output } = await runNode(['-e', code]);
    /** @type {string[]} */
    const files = JSON.parse(stdout || assert.fail(output));
    const names = files
      .filter((file) => file.endsWith('.js'))
      .map((file) => path.relative(root, file).replaceAll(path.sep, '/').replace(/\.js$/, ''));
    assert.deepEqual(names.sort(), expected.sort());
  });
}
