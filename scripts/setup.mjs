// Installs the development tools if they are missing or differ from package-lock.json.
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { isMain, root, runNpm } from './support/process.mjs';

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }} LockedPackage */

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
const packagesOf = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages ?? {};

/** Whether node_modules matches package-lock.json, apart from packages of other platforms. */
function modulesAreInstalled() {
  // npm writes the installed packages into this file.
  const record = 'node_modules/.package-lock.json';
  if (!existsSync(path.join(root, record))) return false;
  const installed = packagesOf(record);
  return Object.entries(packagesOf('package-lock.json')).every(([place, wanted]) => {
    const found = installed[place];
    if (place === '' || (!found && wanted.optional)) return true;
    const isThere = existsSync(path.join(root, place, 'package.json'));
    return found?.version === wanted.version && isThere;
  });
}

/** The simulator's package under its name, as users import it: documents and types are tested with it. */
function linkSim() {
  const link = path.join(root, 'node_modules/twenty-crm-native-sim');
  if (!existsSync(link)) symlinkSync(path.join(root, 'sim/npm'), link, 'junction');
}

export async function setup() {
  await installModules();
  linkSim();
}

async function installModules() {
  if (modulesAreInstalled()) return;
  console.log('Installing the development tools (npm ci) …');
  // Without the addon: scripts that need it build it in their profile.
  process.env.TWENTY_CRM_NATIVE_BUILD ??= 'off';
  await runNpm(['ci', '--no-audit', '--no-fund']);
}

if (isMain(import.meta.url)) await setup();
