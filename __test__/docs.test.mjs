// All code in the documents runs or compiles, prints what the page says, and all links work.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  codeBlocks,
  compileBlocks,
  printed,
  readDocument,
  root,
  runBlock,
} from './helpers/documents.mjs';
import { startSim } from './helpers/sim.mjs';

const { createProgram } = createRequire(import.meta.url)('../lib/cli/program.js');

const guides = readdirSync(path.join(root, 'docs'), { recursive: true })
  .map((name) => path.posix.join('docs', name.toString().replaceAll('\\', '/')))
  .filter((name) => name.endsWith('.md'));
const others = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].filter((name) =>
  existsSync(path.join(root, name)),
);
const documents = new Map(
  await Promise.all(
    [...guides, ...others].map(
      async (name) => /** @type {const} */ ([name, await readDocument(name)]),
    ),
  ),
);

/** @param {string} code */
const firstLine = (code) => code.trimStart().split('\n', 1)[0];

for (const name of guides) {
  const blocks = codeBlocks(documents.get(name) ?? '');
  const toRun = blocks.filter(({ language, compiledOnly }) => language === 'js' && !compiledOnly);
  const toCompile = blocks.filter(
    ({ language, compiledOnly }) => language === 'ts' || (language === 'js' && compiledOnly),
  );

  describe(name, { concurrency: false }, () => {
    /** @type {Awaited<ReturnType<typeof startSim>>} */
    let sim;
    // One server per guide: its blocks build on each other, as for a reader.
    before(async () => {
      sim = await startSim({ preset: 'provisioned' });
    });
    after(() => sim.stop());

    for (const { code, heading, prints } of toRun) {
      test(`the block under "${heading}" runs: ${firstLine(code)}`, async () => {
        const ran = await runBlock(code, {
          TWENTY_CRM_BASE_URL: sim.baseUrl,
          TWENTY_CRM_API_KEY: sim.apiKey,
        });
        assert.equal(ran.stderr, '');
        assert.equal(ran.code, 0);
        assert.match(ran.stdout, printed(prints ?? ''));
      });
    }

    // A test double of a service is looser than its type.
    const toCheck = toRun.filter(
      ({ code, runOnly }) => !runOnly && !code.includes('service = { sync'),
    );
    if (toCheck.length > 0) {
      test('blocks that run also pass the TypeScript compiler, strictly', async () => {
        assert.equal(await compileBlocks(toCheck), '');
      });
    }

    if (toCompile.length > 0) {
      test('blocks that do not run compile, strictly', async () => {
        assert.equal(await compileBlocks(toCompile), '');
      });
    }

    test('every block is of a kind that is checked', () => {
      const known = [
        'js',
        'ts',
        'sh',
        'text',
        'json',
        'sql',
        'csv',
        'diff',
        'html',
        'mermaid',
        'yaml',
      ];
      for (const { language, code } of blocks) {
        assert.ok(known.includes(language), `${language || 'no language'}: ${firstLine(code)}`);
        if (language === 'json') JSON.parse(code);
      }
    });
  });
}

test('every fault and option in the testing guide exists in the simulator', async () => {
  const text = documents.get('docs/testing.md') ?? '';
  const shown = [...text.matchAll(/`(\{ "type": [^`]*\})`/g)].map(([, json]) => JSON.parse(json));
  const source = await readDocument('sim/src/faults.rs');
  const body = source.match(/pub enum FaultAction \{([\s\S]*?)\n\}/)?.[1] ?? '';
  const types = [...body.matchAll(/^ {4}([A-Z])(\w+)[ ,]/gm)].map(
    ([, first, rest]) => first.toLowerCase() + rest,
  );
  assert.deepEqual(shown.map(({ type }) => type).sort(), types.sort());
  const sim = await startSim();
  try {
    for (const action of shown) await sim.addFaults({ path: '/nowhere', action });
    const row = text.match(/^\| `setOptions\(changes\)` \|(.*)$/m)?.[1] ?? '';
    const options = [...row.matchAll(/`(\{.*?\})`/g)].map(([, json]) => JSON.parse(json));
    assert.ok(options.length >= 4);
    for (const changes of options) await sim.setOptions(changes);
  } finally {
    await sim.stop();
  }
});

test('every npm script that a document names exists', async () => {
  const { scripts } = JSON.parse(await readDocument('package.json'));
  for (const [name, text] of documents) {
    for (const [, script] of text.matchAll(/(?:`|^|[=\w] )npm run ([a-z0-9:-]+)/gm)) {
      assert.ok(script in scripts, `${name}: npm run ${script}`);
    }
  }
});

test('every command line of the package in a document is valid', async () => {
  let shown = 0;
  for (const [name, text] of documents) {
    for (const { code } of codeBlocks(text).filter(({ language }) => language === 'sh')) {
      for (const [, words] of code.matchAll(/^(?:[A-Z_]+=\S+ )*npx twenty-crm-native (.*)$/gm)) {
        shown += 1;
        const args = shellWords(words);
        assert.notEqual(await parsed(args), undefined, `${name}: ${args.join(' ')}`);
      }
    }
  }
  assert.ok(shown > 8, `${shown} are found`);
  assert.equal(await parsed(shellWords('sync people a.csv --map "A b=name"')), 'sync');
  assert.equal(await parsed(['sync', 'people', 'a.csv', '--mpa', 'A=name']), undefined);
});

/** The words of a shell line, up to its comment. @param {string} line */
const shellWords = (line) =>
  [...line.replace(/\s#.*$/, '').matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare,
  );

/** The action that the command line's own parser chooses for these words. @param {string[]} args */
async function parsed(args) {
  /** @type {string | undefined} */
  let done;
  const handlers = new Proxy(
    {},
    {
      get: (_, name) => () => {
        done = String(name);
      },
    },
  );
  const program = createProgram(/** @type {any} */ (handlers), '0');
  /** @param {any} command */
  const quieten = (command) => {
    command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
    for (const child of command.commands) quieten(child);
  };
  quieten(program);
  await program.parseAsync(args, { from: 'user' }).catch(() => {});
  return done;
}

test('the README leads to every guide, directly or through its folder’s list', () => {
  const readme = documents.get('README.md') ?? '';
  for (const name of guides) {
    const list = path.posix.join(path.posix.dirname(name), 'README.md');
    const listed =
      readme.includes(`(${list}`) && documents.get(list)?.includes(`(${path.posix.basename(name)}`);
    assert.ok(readme.includes(`(${name}`) || listed, name);
  }
});

test('wrong output in a document is detected', () => {
  const [block] = codeBlocks('# A\n\n```js\nlet b;\n```\n\n```text\nid …-7\n```\n');
  assert.match('id 1-7\n', printed(block.prints ?? ''));
  assert.doesNotMatch('id 1-8\n', printed(block.prints ?? ''));
  assert.doesNotMatch('no id 1-7\n', printed(block.prints ?? ''));
  assert.deepEqual(
    codeBlocks('<!-- compiled, not run -->\n```js\n1;\n```\n').map((one) => one.compiledOnly),
    [true],
  );
});
