// The long forms of the reliability suites. Each prints Markdown, which goes into docs/reliability.md.
//   npm run reliability -- faults|crash-bulk|crash-outbox|lifetime|soak|all [flags]
import { existsSync } from 'node:fs';

const SUITES = ['faults', 'crash-bulk', 'crash-outbox', 'lifetime', 'soak'];

const [name, ...args] = process.argv.slice(2);
const chosen = name === 'all' ? SUITES : [name];
if (!chosen.every((suite) => SUITES.includes(suite))) {
  console.error(`npm run reliability -- ${SUITES.join('|')}|all`);
  process.exit(2);
}
for (const suite of chosen) {
  const file = new URL(`./${suite}.mjs`, import.meta.url);
  if (!existsSync(file)) {
    console.error(`${suite}: not here yet`);
    process.exitCode = 1;
    continue;
  }
  const { main } = await import(file.href);
  const wrong = await main(args);
  if (wrong > 0) process.exitCode = 1;
}
