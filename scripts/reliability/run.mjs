// The long forms of the reliability suites. Each prints Markdown; --write also puts it into docs/reliability.md.
//   npm run reliability -- faults|crash-bulk|crash-outbox|fuzz|lifetime|sanitizer|soak|compare [flags] [--write]
//   npm run reliability -- all [--write]
import { Report } from './support/report.mjs';

/** The suites of `all`, in order. */
const ALL = [
  ['faults'],
  ['crash-bulk'],
  ['crash-outbox'],
  ['crash-outbox', '--store', 'postgres'],
  ['fuzz'],
  ['lifetime'],
  ['soak'],
];
const SUITES = [...new Set(ALL.map(([suite]) => suite))];
/** These need a nightly compiler or Valgrind, or a real Twenty server, so `all` skips them. */
const OTHERS = ['sanitizer', 'compare'];

const args = process.argv.slice(2).filter((arg) => arg !== '--write');
const isForPage = process.argv.includes('--write');
const runs = args.length === 1 && args[0] === 'all' ? ALL : [args];
if (!runs.every(([suite]) => [...SUITES, ...OTHERS].includes(suite))) {
  console.error(`npm run reliability -- ${[...SUITES, ...OTHERS].join('|')} [flags] [--write]`);
  console.error('npm run reliability -- all [--write]');
  process.exit(2);
}
for (const run of runs) {
  const [suite, ...flags] = run;
  const { main } = await import(new URL(`./${suite}.mjs`, import.meta.url).href);
  const place = flags.includes('postgres') ? `${suite} postgres` : suite;
  const report = new Report(place, run, isForPage);
  try {
    const wrong = await main(flags, report);
    report.end(wrong);
    if (wrong > 0) process.exitCode = 1;
  } catch (error) {
    // The other suites still have to run.
    console.error(`${suite}: ${error.stack}`);
    process.exitCode = 1;
  }
}
