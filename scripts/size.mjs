// Checks the size of the published addon. Exits 1 above the limit.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { buildAddon } from './build.mjs';
import { root } from './support/process.mjs';

const limitMb = 7.5;

if (!process.argv.includes('--no-build')) await buildAddon('release');
const files = readdirSync(root).filter((name) => name.endsWith('.node'));
if (files.length === 0) throw new Error('there is no .node file: run `npm run build`');
for (const file of files) {
  const megabytes = statSync(path.join(root, file)).size / 1e6;
  const isTooLarge = megabytes > limitMb;
  console.log(
    `${file}: ${megabytes.toFixed(2)} MB, limit ${limitMb} MB${isTooLarge ? ': too large' : ''}`,
  );
  if (isTooLarge) process.exitCode = 1;
}
