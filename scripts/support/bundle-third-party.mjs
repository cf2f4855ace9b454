// One file of what the command line uses of other packages, and their licences: see
// docs/decisions/bundled-command-line.md.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { root } from './process.mjs';

export async function bundleThirdParty() {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['vendor/third-party.ts'],
    outfile: 'vendor/third-party.js',
    banner: { js: '// Code of other packages: LICENSES.txt names them.' },
    bundle: true,
    platform: 'node',
    target: 'node20.17',
    format: 'cjs',
    // Names stay: Commander tells its errors by theirs, and stack traces can be read.
    keepNames: true,
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  const folders = Object.keys(metafile.inputs).flatMap((file) => {
    const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [];
    return folder === undefined ? [] : [folder];
  });
  const licences = [...new Set(folders)].sort().map(licenceOf);
  writeFileSync(path.join(root, 'vendor/LICENSES.txt'), licences.join(`\n${'-'.repeat(80)}\n\n`));
}

/** @param {string} folder of a package */
function licenceOf(folder) {
  const place = path.join(root, folder);
  const { name, version, license } = JSON.parse(
    readFileSync(path.join(place, 'package.json'), 'utf8'),
  );
  const file = readdirSync(place).find((one) => /^licen[cs]e/i.test(one));
  if (file === undefined) {
    throw new Error(`${name} has no licence file: it cannot be bundled`);
  }
  const text = readFileSync(path.join(place, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}
