// A process whose wall clock is set while it runs, as by an administrator, NTP or a resumed virtual machine. Linux with
// a C compiler only.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SHIM = fileURLToPath(new URL('wall-clock.c', import.meta.url));

/** @param {bigint} offsetMs */
function bytesOf(offsetMs) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(offsetMs);
  return bytes;
}

/** Why there is no such process here; undefined if there is one. */
export function whyNoWallClock() {
  if (process.platform !== 'linux') return 'the clock of a process can be set on Linux only';
  const { status } = spawnSync('cc', ['--version'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'there is no C compiler (cc)';
}

/**
 * Runs a script in a process whose wall clock can be set, and resolves with its JSON output.
 * @param {URL} script
 * @param {object} input Its first argument.
 * @returns {Promise<any>}
 */
export async function withOwnClock(script, input) {
  const folder = mkdtempSync(path.join(tmpdir(), 'wall-clock-'));
  try {
    const file = path.join(folder, 'offset');
    const library = path.join(folder, 'wall-clock.so');
    writeFileSync(file, bytesOf(0n));
    const { status } = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SHIM], {
      stdio: 'inherit',
    });
    if (status !== 0) throw new Error(`cc ended with ${status}`);
    const child = spawn(process.execPath, [fileURLToPath(script), JSON.stringify(input)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, LD_PRELOAD: library, WALL_CLOCK_FILE: file },
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
    const end = await new Promise((resolve) =>
      child.once('close', (code, signal) => resolve(code ?? signal)),
    );
    if (end !== 0) throw new Error(`${script.pathname} ended with ${end}`);
    return JSON.parse(said);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Used in such a process: sets its clock, and starts children without it. */
export function ownClock() {
  const file = openSync(String(process.env.WALL_CLOCK_FILE), 'r+');
  delete process.env.LD_PRELOAD;
  let offsetMs = 0;
  return {
    /** Moves the clock by this many milliseconds; jumps add up. @param {number} ms */
    jump(ms) {
      const before = Date.now();
      offsetMs += Math.round(ms);
      writeSync(file, bytesOf(BigInt(offsetMs)), 0, 8, 0);
      // A clock that cannot be set would make the test useless.
      if (Math.abs(Date.now() - before - ms) > 10_000) throw new Error('the clock was not set');
    },
    /** Restores the original clock. */
    right() {
      this.jump(-offsetMs);
    },
    close: () => closeSync(file),
  };
}
