// Where the simulator's program is.
'use strict';
const { existsSync } = require('node:fs');
const path = require('node:path');
const manifest = require('../package.json');

/** Linux has one binary for glibc and musl: nothing in it is linked dynamically. */
const platforms = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm64',
  'linux-x64',
  'win32-arm64',
  'win32-x64',
];

/** The program's file in a package. @param {string} platform */
const binaryName = (platform) =>
  `twenty-sim.${platform}${platform.startsWith('win32') ? '.exe' : ''}`;

/** The platform's npm package. @param {string} platform */
const packageName = (platform) => `${manifest.name}-${platform}`;

/**
 * The file that TWENTY_SIM_BIN names, or the one beside this package (packed from a checkout), or the one of the
 * platform's package.
 * @returns {string}
 */
function findBinary() {
  const named = process.env.TWENTY_SIM_BIN;
  if (named) {
    if (existsSync(named)) return named;
    throw noBinary(`TWENTY_SIM_BIN is ${named}, and there is no such file`);
  }
  const platform = `${process.platform}-${process.arch}`;
  const file = path.join(__dirname, '..', binaryName(platform));
  if (existsSync(file)) return file;
  if (!platforms.includes(platform)) {
    throw noBinary(
      `there is no binary for ${platform}, only for ${platforms.join(', ')}; build one from a git checkout ` +
        '(`npm run build:sim`, which needs Rust), and name its path in TWENTY_SIM_BIN',
    );
  }
  return installedBinary(platform);
}

/** @param {string} platform */
function installedBinary(platform) {
  const name = packageName(platform);
  let installed;
  try {
    installed = require.resolve(`${name}/package.json`);
  } catch (cause) {
    throw noBinary(
      `the package ${name} is not installed: install again on this machine without --omit=optional, or name the path ` +
        'of a binary in TWENTY_SIM_BIN',
      cause,
    );
  }
  const { version } = require(installed);
  if (version !== manifest.version) {
    throw noBinary(
      `${name} is installed in version ${version}, and ${manifest.name} ${manifest.version} needs ${manifest.version}`,
    );
  }
  return path.join(path.dirname(installed), binaryName(platform));
}

/** @param {string} why @param {unknown} [cause] */
const noBinary = (why, cause) =>
  Object.assign(new Error(`${manifest.name} has no binary to start: ${why}`, { cause }), {
    code: 'TWENTY_SIM_NO_BINARY',
  });

module.exports = { binaryName, findBinary, packageName, platforms };
