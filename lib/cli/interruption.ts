import { EXIT } from './exit-codes.js';

const CODES: Record<string, number> = {
  SIGINT: EXIT.INTERRUPTED,
  SIGTERM: EXIT.TERMINATED,
  SIGHUP: EXIT.HUNG_UP,
};

export interface Interruption {
  /** aborts at the first signal: finish what is in flight */
  soft: AbortSignal;
  /** aborts at the second: cancel what is in flight */
  hard: AbortSignal;
  /** name of the first signal, if there was one */
  name: () => string | undefined;
  exitCode: () => number;
  /** restores the signals' default effect */
  end: () => void;
}

/** The third signal ends the process immediately. */
function watchInterruption(process: NodeJS.Process) {
  const soft = new AbortController();
  const hard = new AbortController();
  let name: string | undefined;
  const exitCode = () => CODES[name ?? ''] ?? EXIT.INTERRUPTED;
  const onSignal = (signal: string) => {
    name ??= signal;
    const reason = new Error(`stopped by ${name}`);
    if (!soft.signal.aborted) soft.abort(reason);
    else if (!hard.signal.aborted) hard.abort(reason);
    else process.exit(exitCode());
  };
  for (const signal of Object.keys(CODES)) process.on(signal, onSignal);
  return {
    soft: soft.signal,
    hard: hard.signal,
    name: () => name,
    exitCode,
    end: () => {
      for (const signal of Object.keys(CODES)) process.off(signal, onSignal);
    },
  };
}

export { watchInterruption };
