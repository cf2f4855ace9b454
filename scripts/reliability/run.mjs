// The long forms of the reliability suites. Each prints Markdown, which goes into docs/reliability.md.
//   npm run reliability -- faults|crash-bulk|crash-outbox|lifetime|sanitizer|soak [flags]
//   npm run reliability -- all

const SUITES = ['faults', 'crash-bulk', 'crash-outbox', 'lifetime', 'soak'];
/** Needs the nightly toolchain, so `all` is without it. */
const OTHERS = ['sanitizer'];

const [name, ...args] = process.argv.slice(2);
const chosen = name === 'all' && args.length === 0 ? SUITES : [name];
if (!chosen.every((suite) => [...SUITES, ...OTHERS].includes(suite))) {
  console.error(`npm run reliability -- ${[...SUITES, ...OTHERS].join('|')} [flags]`);
  console.error('npm run reliability -- all');
  process.exit(2);
}
for (const suite of chosen) {
  const { main } = await import(new URL(`./${suite}.mjs`, import.meta.url).href);
  try {
    if ((await main(args)) > 0) process.exitCode = 1;
  } catch (error) {
    // The others still have something to say.
    console.error(`${suite}: ${error.stack}`);
    process.exitCode = 1;
  }
}
