// `npm run sim`: builds the simulator where that is needed, runs it, and prints what a shell has to know of it.
//   npm run sim -- --preset dev   with the simulator's own options
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { buildSim } from './build-sim.mjs';

/**
 * A line that sets a variable of the terminal's shell.
 * @param {string} name
 * @param {string} value
 */
const assignment = (name, value) =>
  process.platform === 'win32' ? `$env:${name}="${value}"` : `export ${name}=${value}`;

const program = process.env.TWENTY_SIM_BIN || (await buildSim());
// It ends when its stdin does: a pipe that nobody writes to keeps it running in a container, too.
const sim = spawn(program, process.argv.slice(2), {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const ended = once(sim, 'close');
const first = once(createInterface({ input: sim.stdout }), 'line');
// What it refuses to start with, it has said on stderr.
const line = await Promise.race([first, ended.then(() => undefined)]);
if (line !== undefined) {
  const { baseUrl, apiKey } = JSON.parse(line[0]);
  console.log(assignment('TWENTY_CRM_BASE_URL', baseUrl));
  console.log(assignment('TWENTY_CRM_API_KEY', apiKey));
  console.log(
    '# A simulated Twenty runs there until Ctrl-C. Paste the two lines into another terminal.',
  );
}
const [code] = await ended;
process.exitCode = code ?? 0;
