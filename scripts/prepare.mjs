// npm runs this after `npm install` in a checkout, and for a git dependency: there the addon has to be built. It does
// not run for the published package, whose binary comes from a platform package.
//   TWENTY_CRM_NATIVE_BUILD=off npm install       does not build the addon; the JavaScript of lib/ is always written
//   TWENTY_CRM_NATIVE_BUILD=fastdev npm install   builds in a fraction of the time, slower code
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { buildAddon, lastProfile } from './build.mjs';
import { buildLib } from './build-lib.mjs';
import { nodeModule, root } from './support/process.mjs';

/** @param {string} problem @param {string[]} remedies @returns {never} */
function stop(problem, ...remedies) {
  const off = 'To install without building: TWENTY_CRM_NATIVE_BUILD=off npm install';
  console.error(`\ntwenty-crm-native: ${problem}\n${[...remedies, off].join('\n')}\n`);
  process.exit(1);
}

const wanted = process.env.TWENTY_CRM_NATIVE_BUILD;
// The JavaScript of lib/ takes a second, and nothing works without it.
if (existsSync(nodeModule('ts-blank-space/package.json'))) await buildLib();
if (wanted !== 'off' && existsSync(path.join(root, 'src/lib.rs'))) {
  if (wanted !== undefined && wanted !== 'release' && wanted !== 'fastdev') {
    stop(`TWENTY_CRM_NATIVE_BUILD is "${wanted}", but must be release, fastdev or off.`);
  }
  if (!existsSync(nodeModule('@napi-rs/cli/dist/cli.js'))) {
    stop(
      'building the addon needs the development tools, which are not installed.',
      'Install with them: npm install --include=dev',
    );
  }
  if (spawnSync('cargo', ['--version']).status !== 0) {
    stop(
      'building the addon needs Rust 1.89 or newer, and there is no `cargo` in PATH.',
      'Install Rust (https://rustup.rs), open a new shell, and run npm install again.',
    );
  }
  // A developer's choice holds. Whoever uses the package from git gets what is published.
  const usual = (process.env.CI ? undefined : lastProfile()) ?? 'release';
  await buildAddon(wanted ?? usual, { install: false, quiet: true });
}
