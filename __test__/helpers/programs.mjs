// Programs that tests start, and their output.

/**
 * @typedef {object} Ran
 * @property {number | null} code
 * @property {NodeJS.Signals | null} signal
 * @property {string} stdout
 * @property {string} stderr
 * @property {string} output Both, as they came.
 */

/**
 * Collects the output and the exit of a started program.
 * @param {import('node:child_process').ChildProcess} child
 */
export function listenTo(child) {
  const printed = { stdout: '', stderr: '', output: '' };
  for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
    child[name]?.setEncoding('utf8').on('data', (text) => {
      printed[name] += text;
      printed.output += text;
    });
  }
  /** @type {Promise<Ran>} */
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...printed }));
  });
  return { printed, ended };
}
