// Reads code blocks from Markdown, and runs them as a reader would.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { listenTo } from './programs.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * @typedef {object} Block
 * @property {string} language
 * @property {string} code
 * @property {string} heading The nearest one above.
 * @property {boolean} compiledOnly Marked `<!-- compiled, not run -->`: it needs something that a test does not have.
 * @property {boolean} runOnly Marked `<!-- run, not compiled -->`: its input has no type that JavaScript could name.
 * @property {string | undefined} prints The `text` block right after it: its output, where `…` matches anything.
 */

/** @param {string} markdown @returns {Block[]} */
export function codeBlocks(markdown) {
  /** @type {Block[]} */
  const blocks = [];
  let heading = '';
  let end = 0;
  const pieces =
    /^#+ (?<title>[^\n]+)$|(?:^<!-- (?<mark>compiled, not run|run, not compiled) -->\n)?^```(?<language>\w*)\n(?<code>.*?)^```$/gms;
  for (const match of markdown.matchAll(pieces)) {
    const { title, mark, language = '', code = '' } = match.groups ?? {};
    if (title) {
      heading = title;
      continue;
    }
    const last = blocks.at(-1);
    const follows = markdown.slice(end, match.index).trim() === '';
    if (language === 'text' && last?.language === 'js' && follows) last.prints = code;
    else {
      const marks = {
        compiledOnly: mark?.startsWith('c') ?? false,
        runOnly: mark?.startsWith('r') ?? false,
      };
      blocks.push({ language, code, heading, ...marks, prints: undefined });
    }
    end = match.index + match[0].length;
  }
  return blocks;
}

/** A pattern for the output in a document. @param {string} text */
export const printed = (text) =>
  new RegExp(
    `^${text
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*?')}$`,
    's',
  );

/** The anchors of its headings, as GitHub builds them. @param {string} markdown */
export function anchors(markdown) {
  const headings = markdown.replace(/^```.*?^```$/gms, '').matchAll(/^#+ ([^\n]+)$/gm);
  /** @type {Map<string, number>} */
  const seen = new Map();
  return [...headings].map(([, title]) => {
    const anchor = title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

/**
 * @param {string[]} args
 * @param {Record<string, string>} [env]
 */
export function node(args, env = {}) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    // A block with a test of its own reports it as it does for a reader.
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return listenTo(child).ended;
}

/**
 * Runs a block at the repository root, where the package's name resolves to its own entry. @param {string} code @param
 * {Record<string, string>} env
 */
export const runBlock = (code, env) => node(['--input-type=module', '--eval', code], env);

/** Checks that a reader's program has already done, and that the documents do not repeat. */
const ENVIRONMENT = `declare namespace NodeJS {
  interface ProcessEnv { [name: string]: any }
}`;

/**
 * The compiler's strict errors about blocks; empty if there are none.
 * @param {Block[]} blocks TypeScript, or JavaScript with inferred types.
 */
export async function compileBlocks(blocks) {
  const isScript = blocks.some(({ language }) => language === 'js');
  // Inside the package, so that its own name resolves.
  const folder = await mkdtemp(path.join(root, '__test__/.generated-docs-'));
  try {
    const extensions = /** @type {Record<string, string>} */ ({ ts: 'mts', js: 'mjs' });
    for (const [n, { language, code }] of blocks.entries()) {
      await writeFile(path.join(folder, `block-${n}.${extensions[language]}`), code);
    }
    const compilerOptions = {
      strict: true,
      // Types that JavaScript cannot express.
      noImplicitAny: !isScript,
      useUnknownInCatchVariables: !isScript,
      allowJs: true,
      checkJs: true,
      noEmit: true,
      module: 'nodenext',
      target: 'es2022',
      types: ['node'],
      // A block that runs may name a value that later blocks use.
      noUnusedLocals: !isScript || blocks.some(({ compiledOnly }) => compiledOnly),
      // Files of the template import each other as they do there.
      ...(blocks.some(({ code }) => code.includes("'@/")) && {
        module: 'preserve',
        paths: { '@/*': ['../consumers/template/*'] },
      }),
    };
    await writeFile(path.join(folder, 'environment.d.ts'), ENVIRONMENT);
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    const compiler = path.join(root, 'node_modules/typescript7/bin/tsc');
    const { code, stdout, stderr } = await node([compiler, '-p', folder]);
    return stdout + stderr + (code === 0 ? '' : `exit code ${code}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param {string} relative */
export const readDocument = (relative) => readFile(path.join(root, relative), 'utf8');
