// Calls in a process of their own, because the environment is read once per process.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { listenTo } from './programs.mjs';

const fixture = fileURLToPath(new URL('../fixtures/apart.mjs', import.meta.url));
const NETWORK = [
  ...['ALL_PROXY', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'REQUEST_METHOD'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

/**
 * @param {Record<string, string>} env Added to this process's environment, without its network variables.
 * @param {{ config: import('../../index.js').TwentyCrmRestClientConfig, paths?: string[] }} job
 * @returns {Promise<{ answers: any[], output: string }>} The answers to GETs of the paths, and all output.
 */
export async function runApart(env, job) {
  const own = { ...process.env };
  for (const name of NETWORK) {
    delete own[name];
    delete own[name.toLowerCase()];
  }
  const child = spawn(process.execPath, [fixture], { env: { ...own, ...env } });
  child.stdin.end(JSON.stringify(job));
  const { code, signal, stdout, stderr, output } = await listenTo(child).ended;
  if (code !== 0) throw new Error(`ended with ${code ?? signal}: ${stderr}`);
  return { answers: JSON.parse(stdout), output };
}
