import { SingleBar } from '../../vendor/third-party.js';
import type { Console } from './console.js';
import { Pace } from './pace.js';
import { count, duration } from './text.js';

/** Milliseconds between progress lines without a terminal. */
const LINE_EVERY_MS = 5_000;

interface State {
  /** records */
  done: number;
  refused: number;
  /** of the input, 0 to 1 */
  fraction: number;
}

interface Progress {
  update: (state: State) => void;
  /** removes the bar; may be called twice */
  stop: () => void;
}

const NO_PROGRESS: Progress = { update() {}, stop() {} };

function createProgress({
  label,
  hasSize,
  console,
  quiet = false,
  now = performance.now.bind(performance),
}: {
  label: string;
  hasSize: boolean;
  console: Console;
  quiet?: boolean;
  now?: () => number;
}) {
  if (quiet) return NO_PROGRESS;
  const pace = new Pace(now);
  return console.err.isTerminal
    ? bar(label, hasSize, pace, console)
    : lines(label, hasSize, pace, console, now);
}

function lines(
  label: string,
  hasSize: boolean,
  pace: Pace,
  console: Console,
  now: () => number,
): Progress {
  let lastMs = now();
  return {
    update(state) {
      pace.note(state.done, state.fraction);
      if (now() - lastMs < LINE_EVERY_MS) return;
      lastMs = now();
      console.err.write(`${label}: ${inWords(state, hasSize, pace).join(', ')}\n`);
    },
    stop() {},
  };
}

function inWords({ done, refused, fraction }: State, hasSize: boolean, pace: Pace) {
  const { perSecond, leftMs } = pace.estimate(done, fraction);
  return [
    ...(hasSize ? [`${Math.floor(fraction * 100)} %`] : []),
    `${count(done)} done`,
    `${count(Math.round(perSecond))} a second`,
    ...(hasSize && leftMs !== undefined ? [`${duration(leftMs)} left`] : []),
    ...(refused > 0 ? [`${count(refused)} refused`] : []),
  ];
}

function bar(label: string, hasSize: boolean, pace: Pace, console: Console): Progress {
  const { paint, stream } = console.err;
  let state: State = { done: 0, refused: 0, fraction: 0 };
  const format = (_options: unknown, params: { progress: number }) => {
    const words = inWords(state, hasSize, pace).join('  ');
    if (!hasSize) return `  ${label}  ${words}`;
    const width = Math.max(10, Math.min(32, console.err.width - label.length - words.length - 8));
    const full = Math.round(params.progress * width);
    return `  ${label}  ${paint('cyan', '█'.repeat(full))}${paint('dim', '░'.repeat(width - full))}  ${words}`;
  };
  const view = new SingleBar({
    format,
    stream,
    fps: 10,
    hideCursor: true,
    clearOnComplete: true,
    forceRedraw: true,
    // Leave Ctrl-C to the program.
    gracefulExit: false,
  });
  view.start(1, 0);
  let isRunning = true;
  return {
    update(newState) {
      state = newState;
      pace.note(state.done, state.fraction);
      view.update(state.fraction);
    },
    stop() {
      if (isRunning) view.stop();
      isRunning = false;
    },
  };
}

export { createProgress };
