// Lays out what is packed of twenty-crm-native-sim: the package, and one package with a binary for each platform.
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { binaryName, packageName, platforms } from '../../sim/npm/lib/binary.js';
import { root, targetDir } from './process.mjs';

const source = path.join(root, 'sim/npm');
const manifest = JSON.parse(readFileSync(path.join(source, 'package.json'), 'utf8'));

/** @param {string} name */
function emptyFolder(name) {
  const folder = path.join(targetDir, 'sim-npm', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** @param {string} folder @param {object} value */
const writeManifest = (folder, value) =>
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(value, null, 2)}\n`);

/** @param {string} folder @param {string} platform @param {string} binary */
function copyBinary(folder, platform, binary) {
  const file = path.join(folder, binaryName(platform));
  cpSync(binary, file);
  // Artifacts of a workflow come without it.
  chmodSync(file, 0o755);
}

/** The package with the binary of this machine inside, as a checkout packs it. @param {string} binary */
export function layOutForThisMachine(binary) {
  const folder = emptyFolder('local');
  cpSync(source, folder, { recursive: true });
  copyBinary(folder, `${process.platform}-${process.arch}`, binary);
  return folder;
}

/**
 * The packages of a release: first those of the platforms, and last the one that names them.
 * @param {string} binaries The folder with every platform's binary.
 * @param {object} more Further fields of every manifest.
 */
export function layOutRelease(binaries, more) {
  const folders = platforms.map((platform) => {
    const folder = emptyFolder(platform);
    const [os, cpu] = platform.split('-');
    const { version, license, engines } = manifest;
    writeManifest(folder, {
      ...{ name: packageName(platform), version, license, engines, os: [os], cpu: [cpu] },
      description: `The ${platform} binary of ${manifest.name}`,
      files: [binaryName(platform)],
      ...more,
    });
    cpSync(path.join(source, 'LICENSE'), path.join(folder, 'LICENSE'));
    copyBinary(folder, platform, path.join(binaries, binaryName(platform)));
    return folder;
  });
  const main = emptyFolder('main');
  cpSync(source, main, { recursive: true });
  const names = platforms.map((platform) => [packageName(platform), manifest.version]);
  writeManifest(main, { ...manifest, ...more, optionalDependencies: Object.fromEntries(names) });
  return [...folders, main];
}
