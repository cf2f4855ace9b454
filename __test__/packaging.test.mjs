// The published files, their size, the platform packages, and the publishing step.
import assert from 'node:assert/strict';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { isAboveFloor, neededGlibc } from '../scripts/glibc.mjs';
import { targetDir } from '../scripts/support/process.mjs';
import { binaryName, findBinary, platforms as simPlatforms } from '../sim/npm/lib/binary.js';
import { npmCli, packedFiles, runNode } from './consumers/support.mjs';
import './helpers/sim.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const napi = path.join(root, 'node_modules/@napi-rs/cli/dist/cli.js');
/** @param {string} file */
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
const platforms = readdirSync(path.join(root, 'npm'));

describe('npm pack', () => {
  /** @type {string[]} */
  let files;
  before(async () => {
    files = await packedFiles(root);
  });

  test('contains what users need, and nothing else', () => {
    const allowed =
      /^(package\.json|README\.md|LICENSE|index\.(js|mjs|d\.ts|d\.mts)|(bin|lib)\/.+\.js|types\/.+\.d\.ts|vendor\/(third-party\.js|LICENSES\.txt)|twenty-crm-native\.[\w-]+\.node)$/;
    assert.deepEqual(
      files.filter((name) => !allowed.test(name)),
      [],
    );
    for (const name of ['index.js', 'index.mjs', 'index.d.ts', 'index.d.mts', 'lib/native.js']) {
      assert.ok(files.includes(name), name);
    }
  });

  test('every file that the code requires is in it', () => {
    for (const name of files.filter((file) => /^(?!vendor\/).*\.(js|mjs)$/.test(file))) {
      const code = readFileSync(path.join(root, name), 'utf8');
      for (const [, target] of code.matchAll(/(?:require\(|from )'(\.[^']+)'/g)) {
        const required = path.posix.join(path.posix.dirname(name), target);
        if (!required.endsWith('.node')) assert.ok(files.includes(required), `${name}: ${target}`);
      }
    }
  });

  test('nothing else is installed with it, and the licences of bundled code are inside', () => {
    const { dependencies, devDependencies } = json(path.join(root, 'package.json'));
    assert.equal(dependencies, undefined);
    const licences = readFileSync(path.join(root, 'vendor/LICENSES.txt'), 'utf8');
    const entry = readFileSync(path.join(root, 'vendor/third-party.ts'), 'utf8');
    const bundled = [...entry.matchAll(/from '([\w-]+)/g)].map(([, name]) => name);
    assert.ok(bundled.length > 2);
    for (const name of bundled) {
      assert.ok(name in devDependencies, name);
      assert.match(licences, new RegExp(`^${name} \\d.*\\(MIT\\)$`, 'm'));
    }
    const code = readFileSync(path.join(root, 'vendor/third-party.js'), 'utf8');
    const required = [...code.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name]) => name);
    assert.ok(required.length > 0);
    assert.deepEqual(
      required.filter((name) => !isBuiltin(name)),
      [],
    );
  });

  test('its JavaScript and types take less than 168 kB of the download, and bundled packages 32 kB', () => {
    const kinds = {
      types: { bound: 34_500, isOne: (name) => /\.d\.m?ts$/.test(name) },
      // Tables of other programs' column names and errors: they grow with the supported formats, not with the code.
      'presets and tables': {
        bound: 9_500,
        isOne: (name) => /^lib\/cli\/(presets|tables)\//.test(name),
      },
      // Written by others, and not downloaded from anywhere else.
      'third party': { bound: 32_000, isOne: (name) => name.startsWith('vendor/') },
      'command line': { bound: 44_300, isOne: (name) => /^(bin|lib\/cli)\//.test(name) },
      library: { bound: 79_500, isOne: (name) => /\.m?js$/.test(name) },
    };
    // Ten percent more than the 111,762 bytes before the command line could read exports of other programs. New
    // features must be paid for by simplifications.
    const bothAtMost = 122_938;
    let both = 0;
    let left = files;
    for (const [kind, { bound, isOne }] of Object.entries(kinds)) {
      const texts = left.filter(isOne).map((name) => readFileSync(path.join(root, name)));
      left = left.filter((name) => !isOne(name));
      // As in npm's tarball: text that repeats across files is stored once.
      const all = Buffer.concat(texts);
      const packed = gzipSync(all, { level: 9 }).length;
      console.log(`${kind}: ${texts.length} files, ${all.length} bytes, ${packed} packed`);
      assert.ok(texts.length > 0 && packed < bound, `${kind}: ${packed} bytes, ${bound} at most`);
      if (kind === 'command line' || kind === 'library') both += packed;
    }
    assert.ok(both <= bothAtMost, `library and command line: ${both} bytes, ${bothAtMost} at most`);
    assert.deepEqual(
      left.filter((name) => /\.\w?[jt]s$/.test(name)),
      [],
    );
  });
});

describe('the platforms', () => {
  test('npm/ matches package.json', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'twenty-crm-native-npm-'));
    try {
      cpSync(path.join(root, 'package.json'), path.join(folder, 'package.json'));
      const { code, output } = await runNode([napi, 'create-npm-dirs', '--cwd', folder]);
      assert.equal(code, 0, output);
      const made = readdirSync(path.join(folder, 'npm'));
      assert.deepEqual(platforms, made);
      for (const name of made) {
        const file = `npm/${name}/package.json`;
        assert.deepEqual(json(path.join(root, file)), json(path.join(folder, file)), name);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('each names its system, and the loader knows each', () => {
    const loader = readFileSync(path.join(root, 'lib/binaries.js'), 'utf8');
    for (const name of platforms) {
      const [os, cpu, libc] = name.split('-');
      const manifest = json(path.join(root, `npm/${name}/package.json`));
      assert.deepEqual([manifest.os, manifest.cpu], [[os], [cpu]], name);
      const expected = { gnu: ['glibc'], musl: ['musl'] }[libc];
      assert.deepEqual(manifest.libc, expected, name);
      assert.equal(manifest.main, `twenty-crm-native.${name}.node`);
      for (const text of [`'../${manifest.main}'`, `'${manifest.name}'`]) {
        assert.ok(loader.includes(`require(${text})`), text);
      }
    }
  });

  test('package.json names none of them before they are published', () => {
    assert.equal(json(path.join(root, 'package.json')).optionalDependencies, undefined);
  });
});

describe('the publishing step', () => {
  let folder;
  const own = readdirSync(root).find((name) => name.endsWith('.node'));
  const release = () =>
    runNode([path.join(folder, 'scripts/release.mjs'), '--skip-optional-publish'], {
      cwd: folder,
      env: { ...process.env, GITHUB_REPOSITORY: 'someone/twenty-crm-native', GITHUB_TOKEN: '' },
    });
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'twenty-crm-native-release-'));
    const { files } = json(path.join(root, 'package.json'));
    const copied = [...files.filter((name) => !name.includes('*')), 'package.json', 'README.md'];
    for (const name of [...copied, 'LICENSE', 'npm', 'scripts']) {
      cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
    }
    symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    cpSync(path.join(root, own), path.join(folder, own));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('refuses to publish if a binary is missing', async () => {
    const { code, output } = await release();
    assert.notEqual(code, 0);
    assert.match(output, /no binary in npm\/ for darwin-arm64, .*release workflow/);
  });

  test('refuses a binary that needs a glibc above the minimum', async (context) => {
    for (const name of platforms) {
      cpSync(path.join(root, own), path.join(folder, `npm/${name}/twenty-crm-native.${name}.node`));
    }
    const needed = own.includes('-gnu') && neededGlibc(readFileSync(path.join(root, own)));
    if (!needed || !isAboveFloor(needed)) return context.skip('the binary of this machine is good');
    const { code, output } = await release();
    assert.notEqual(code, 0);
    assert.match(output, new RegExp(`needs glibc ${needed.replace('.', '\\.')}, above the floor`));
  });

  test('the main package names the platform packages, and contains no binary', async () => {
    for (const name of platforms) {
      writeFileSync(
        path.join(folder, `npm/${name}/twenty-crm-native.${name}.node`),
        elf(['GLIBC_2.2.5', 'GLIBC_2.17', 'GCC_3.0']),
      );
    }
    const { code, output } = await release();
    assert.equal(code, 0, output);
    const manifest = json(path.join(folder, 'package.json'));
    assert.deepEqual(
      manifest.optionalDependencies,
      Object.fromEntries(platforms.map((name) => [`twenty-crm-native-${name}`, manifest.version])),
    );
    assert.match(manifest.repository.url, /someone\/twenty-crm-native/);
    assert.deepEqual(
      Object.keys(manifest.scripts).filter((name) => /prepare|install/.test(name)),
      [],
    );
    assert.deepEqual(
      (await packedFiles(folder)).filter((name) => name.endsWith('.node')),
      [],
    );
    for (const name of platforms) {
      const packed = await packedFiles(path.join(folder, 'npm', name));
      assert.deepEqual(packed.sort(), [
        'README.md',
        'package.json',
        `twenty-crm-native.${name}.node`,
      ]);
    }
  });
});

describe('the packages of the simulator', () => {
  /** @type {string} */
  let folder;
  const release = () => runNode([path.join(root, 'scripts/release-sim.mjs'), folder], { env });
  const env = {
    ...process.env,
    GITHUB_REPOSITORY: 'someone/twenty-crm-native',
    npm_execpath: npmCli(),
  };
  const laidOut = path.join(targetDir, 'sim-npm');
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'twenty-crm-native-sim-release-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('are of one version with the addon’s', () => {
    const versions = ['', 'sim/npm/'].map(
      (at) => json(path.join(root, `${at}package.json`)).version,
    );
    assert.equal(versions[1], versions[0]);
  });

  test('are not released with a binary missing', async () => {
    const { code, output } = await release();
    assert.notEqual(code, 0);
    assert.match(output, /no binary in .* for darwin-arm64, .*release workflow/);
  });

  test('start the binary of the platform’s package, and of no other version', async () => {
    for (const name of simPlatforms) cpSync(findBinary(), path.join(folder, binaryName(name)));
    const { code, output } = await release();
    assert.equal(code, 0, output);
    const { name, version, repository, optionalDependencies } = json(
      path.join(laidOut, 'main/package.json'),
    );
    assert.match(repository.url, /someone\/twenty-crm-native/);
    assert.deepEqual(
      optionalDependencies,
      Object.fromEntries(simPlatforms.map((platform) => [`${name}-${platform}`, version])),
    );
    assert.ok(!readdirSync(path.join(laidOut, 'main')).some((file) => /^twenty-sim\./.test(file)));

    const platform = `${process.platform}-${process.arch}`;
    const own = json(path.join(laidOut, platform, 'package.json'));
    assert.deepEqual([own.os, own.cpu], [[process.platform], [process.arch]]);
    const installed = path.join(folder, 'node_modules', `${name}-${platform}`);
    cpSync(path.join(laidOut, 'main'), path.join(folder, 'node_modules', name), {
      recursive: true,
    });
    cpSync(path.join(laidOut, platform), installed, { recursive: true });
    const start = () => {
      const program = `require('${name}').startTwentySim().then(({ pid }) => console.log('pid', pid))`;
      const { TWENTY_SIM_BIN: _, ...clean } = process.env;
      return runNode(['--input-type=commonjs', '--eval', program], { cwd: folder, env: clean });
    };
    assert.match((await start()).output, /^pid \d+\n$/);
    writeFileSync(
      path.join(installed, 'package.json'),
      JSON.stringify({ ...own, version: '0.0.9' }),
    );
    assert.match((await start()).output, /is installed in version 0\.0\.9, and .* needs/);
  });
});

test('the needed glibc is the newest version among the symbols', () => {
  assert.equal(neededGlibc(elf(['GLIBC_2.2.5', 'GLIBC_2.28', 'GLIBC_2.9', 'GCC_4.2.0'])), '2.28');
  assert.equal(neededGlibc(elf(['GCC_3.0'])), undefined);
  assert.equal(isAboveFloor('2.28'), false);
  assert.equal(isAboveFloor('2.29'), true);
  assert.equal(isAboveFloor('2.4'), false);
  assert.equal(isAboveFloor('3.0'), true);
  assert.throws(() => neededGlibc(Buffer.from('MZ')), /not a 64-bit/);
});

/**
 * A minimal ELF file that names the versions of its symbols.
 * @param {string[]} versions
 */
function elf(versions) {
  const strings = Buffer.from(`\0${versions.join('\0')}\0`);
  const needs = Buffer.alloc(16 + 16 * versions.length);
  needs.writeUInt16LE(1, 0);
  needs.writeUInt16LE(versions.length, 2);
  needs.writeUInt32LE(16, 8);
  let at = 1;
  for (const [n, version] of versions.entries()) {
    const entry = 16 + 16 * n;
    needs.writeUInt32LE(at, entry + 8);
    needs.writeUInt32LE(n + 1 < versions.length ? 16 : 0, entry + 12);
    at += version.length + 1;
  }
  const header = Buffer.alloc(0x40);
  header.write('\x7fELF', 'latin1');
  header.set([2, 1, 1], 4);
  header.writeBigUInt64LE(BigInt(0x40 + needs.length + strings.length), 0x28);
  header.writeUInt16LE(0x40, 0x3a);
  header.writeUInt16LE(2, 0x3c);
  /** @param {number} type @param {number} start */
  const section = (type, start) => {
    const buffer = Buffer.alloc(0x40);
    buffer.writeUInt32LE(type, 4);
    buffer.writeBigUInt64LE(BigInt(start), 0x18);
    buffer.writeUInt32LE(1, 0x28);
    return buffer;
  };
  const sections = [section(0x6ffffffe, 0x40), section(3, 0x40 + needs.length)];
  return Buffer.concat([header, needs, strings, ...sections]);
}
