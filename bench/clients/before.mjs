// Another build of this package, whose folder is in BENCH_BEFORE: `npm run bench -- --before DIR`.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { openWith } from './ours.mjs';

const folder = process.env.BENCH_BEFORE;
if (!folder) throw new Error('BENCH_BEFORE does not name a folder');

export const open = openWith(await import(pathToFileURL(path.join(folder, 'index.mjs')).href));
