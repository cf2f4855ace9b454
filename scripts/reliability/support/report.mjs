// The output of a long form: printed line by line and, on request, put into docs/reliability.md.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PAGE = fileURLToPath(new URL('../../../docs/reliability.md', import.meta.url));

/** @param {...string} args */
const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();

/** The current commit, and whether any file but the page itself differs from it. */
function commit() {
  const changed = git('status', '--porcelain', '--untracked-files=no')
    .split('\n')
    .filter((line) => line !== '' && !line.endsWith('docs/reliability.md'));
  return `${git('rev-parse', '--short=10', 'HEAD')}${changed.length > 0 ? ' with changes' : ''}`;
}

/** @param {string} page @param {string} place @param {string} text The new text between the place's two comments. */
export function withTable(page, place, text) {
  const [begin, end] = [`<!-- begin: ${place} -->`, `<!-- end: ${place} -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (rest === undefined || after === undefined) {
    throw new Error(`docs/reliability.md has no place for ${place}: ${begin} and ${end}`);
  }
  return `${before}${begin}\n${text.trim()}\n${end}${after}`;
}

export class Report {
  /** @type {string[]} */
  #lines = [];
  #startedMs = performance.now();
  #commit;

  /**
   * @param {string} place Its place in the page.
   * @param {string[]} args The command's arguments, with the suite's name.
   * @param {boolean} isForPage
   */
  constructor(place, args, isForPage) {
    this.place = place;
    this.args = args;
    this.isForPage = isForPage;
    // Read at the start: what is committed during the run was not tested.
    this.#commit = isForPage ? commit() : '';
  }

  /** A line of Markdown. @param {string} [text] */
  say(text = '') {
    console.log(text);
    this.#lines.push(text);
  }

  /** Puts it into the page, if there was no problem. @param {number} wrong */
  end(wrong) {
    if (!this.isForPage) return;
    if (wrong > 0) {
      console.error(`${this.place}: ${wrong} problems, so the page is not changed`);
      return;
    }
    const minutes = (performance.now() - this.#startedMs) / 60_000;
    const how = [
      `\`npm run reliability -- ${this.args.join(' ')}\``,
      `commit ${this.#commit}`,
      new Date().toISOString().slice(0, 10),
      `${minutes.toFixed(0)} minutes`,
      `Node.js ${process.versions.node} on ${availableParallelism()} cores`,
    ];
    const text = `${how.join(', ')}:\n\n${this.#lines.join('\n').trim()}`;
    writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), this.place, text));
  }
}
