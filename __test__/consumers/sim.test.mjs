// Both tarballs in an empty folder: the first test of docs/testing.md, and the types.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import '../helpers/sim.mjs';
import { codeBlocks, readDocument, root } from '../helpers/documents.mjs';
import { npmCli, pack, runNode, runNpm } from './support.mjs';

let folder;
before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'twenty-crm-native-sim-'));
  const addon = await pack(root, folder);
  const script = path.join(root, 'scripts/pack-sim.mjs');
  const { code, output } = await runNode([script, '--pack-destination', folder], {
    env: { ...process.env, npm_execpath: npmCli() },
  });
  assert.equal(code, 0, output);
  const sim = path.join(folder, 'twenty-crm-native-sim-0.1.0.tgz');
  const installed = await runNpm(['install', '--prefer-offline', addon, sim], { cwd: folder });
  assert.equal(installed.code, 0, installed.output);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** An environment without what this repository's tests set. */
const { TWENTY_SIM_BIN: _, NODE_TEST_CONTEXT: __, ...environment } = process.env;

test('a test of ten lines starts the simulator, upserts, and passes', async () => {
  const [{ code: program }] = codeBlocks(await readDocument('docs/testing.md')).filter(
    ({ language }) => language === 'js',
  );
  const body = program.slice(program.indexOf('test('));
  assert.ok(body.trim().split('\n').length <= 10);
  writeFileSync(path.join(folder, 'crm.test.mjs'), program);
  const { code, output } = await runNode(['--test'], { cwd: folder, env: environment });
  assert.equal(code, 0, output);
  assert.match(output, /pass 1\n/);
});

test('require works, too', async () => {
  const program = `
    const { startTwentySim, signTwentyWebhook } = require('twenty-crm-native-sim');
    startTwentySim().then(({ baseUrl, stop }) => stop().then(() => console.log(baseUrl)));`;
  const { code, output } = await runNode(['--input-type=commonjs', '--eval', program], {
    ...{ cwd: folder, env: environment },
  });
  assert.equal(code, 0, output);
  assert.match(output, /^http:\/\/127\.0\.0\.1:\d+\n$/);
});

const USAGE = `
import { signTwentyWebhook, startTwentySim } from 'twenty-crm-native-sim';
import type { TwentySimFault, TwentySimOptions } from 'twenty-crm-native-sim';

const options: TwentySimOptions = { flavour: '2.31', seed: { people: [{ jobTitle: 'CTO' }] } };
const fault: TwentySimFault = { times: 1, action: { type: 'status', status: 503 } };

export async function use(): Promise<string> {
  const { baseUrl, apiKey, keys, control, stop } = await startTwentySim(options);
  await control.addFaults([fault, { action: { type: 'delay', ms: 5 } }]);
  const fired: number[] = await control.firedFaults();
  const { secret } = await control.addWebhook({ targetUrl: baseUrl });
  const { headers, body } = signTwentyWebhook({ body: { id: 1 }, secret });
  await stop();
  return [apiKey, keys.readOnly, fired.length, headers['X-Twenty-Webhook-Nonce'], body].join();
}

// @ts-expect-error there is no such version
startTwentySim({ flavour: '1.0' });
// @ts-expect-error there is no such option
startTwentySim({ flavor: '2.31' });
// @ts-expect-error there is no such fault
export const wrong: TwentySimFault = { action: { type: 'explode' } };
// @ts-expect-error without a secret nothing is signed
signTwentyWebhook({ body: '{}' });
`;

for (const compiler of ['typescript7', 'typescript']) {
  test(`its types, strictly, by ${compiler}`, async () => {
    const files = ['usage.mts', 'usage.cts'];
    for (const file of files) writeFileSync(path.join(folder, file), USAGE);
    const compilerOptions = {
      ...{ module: 'nodenext', target: 'es2022', lib: ['es2022'], types: [] },
      ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, noEmit: true },
    };
    const config = path.join(folder, `tsconfig.${compiler}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files }));
    const tsc = path.join(root, 'node_modules', compiler, 'bin/tsc');
    const { code, output } = await runNode([tsc, '-p', config]);
    assert.equal(output, '');
    assert.equal(code, 0);
  });
}
