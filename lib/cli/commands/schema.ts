import { createInterface } from 'node:readline/promises';
import type { SchemaField as Field, SchemaPlan as Plan } from '../../../index.js';
import { TwentyCrmRestClient } from '../../rest-client.js';
import { TwentyCrmSchemaService } from '../../schema-service.js';
import type { Console, Style } from '../console.js';
import { made, readConnection, readServiceOptions } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import { usageFailure } from '../failure.js';
import type { Context, Outcome, SchemaOptions } from '../program.js';
import { plural, printable, wrap } from '../text.js';

function open({ console, env }: Context, options: SchemaOptions) {
  const { config, baseUrl } = readConnection(options, env, console);
  const { fieldNames } = readServiceOptions(options);
  const schema = made(
    () => new TwentyCrmSchemaService(new TwentyCrmRestClient(config), fieldNames && { fieldNames }),
  );
  return { baseUrl, schema };
}

async function schemaPlan(context: Context, options: SchemaOptions): Promise<Outcome> {
  const { baseUrl, schema } = open(context, options);
  const plan = await schema.plan({ signal: context.interruption.soft });
  const isComplete = plan.missing.length + plan.conflicting.length === 0;
  return {
    exitCode: isComplete ? EXIT.OK : EXIT.LEFTOVER,
    result: { baseUrl, plan },
    show: () => {
      showPlan(plan, baseUrl, context.console.out);
      const advice =
        toChange(plan).length > 0
          ? 'Run npx twenty-crm-native schema apply to make these changes.\n\n'
          : '';
      context.console.out.write(advice);
    },
  };
}

async function schemaApply(
  context: Context,
  options: SchemaOptions & { yes?: boolean },
): Promise<Outcome> {
  const { console, stdin, interruption } = context;
  const mayAsk = stdin.isTTY === true && console.err.isTerminal;
  if (!options.yes && !mayAsk) {
    throw usageFailure(
      'schema apply asks before it changes anything, but there is no terminal to ask on',
      'Pass --yes to go ahead, or look at schema plan first.',
    );
  }
  const { baseUrl, schema } = open(context, options);
  const signal = interruption.soft;
  const plan = await schema.plan({ signal });
  const changes = toChange(plan);
  if (changes.length > 0 && !options.yes) {
    showPlan(plan, baseUrl, console.err);
    const isAgreed = await ask(`Change ${plural(changes.length, 'field')} in ${baseUrl}?`, context);
    if (!isAgreed) {
      return {
        exitCode: EXIT.LEFTOVER,
        result: { baseUrl, isDeclined: true, created: [], madeUnique: [], failed: [], plan },
        show: () => console.out.write('Nothing was changed.\n'),
      };
    }
  }
  const { ok, ...applied } = await schema.apply(plan, { signal });
  const isComplete = ok && applied.plan.missing.length + applied.plan.conflicting.length === 0;
  const result = { baseUrl, isDeclined: false, ...applied };
  return {
    exitCode: isComplete ? EXIT.OK : EXIT.LEFTOVER,
    result,
    show: () => showApplied(result, console.out),
  };
}

/** What `apply` would change. */
const toChange = ({ missing, conflicting }: Plan) => [
  ...missing,
  ...conflicting.filter(({ reason }) => reason === 'not_unique'),
];

async function ask(question: string, { console, stdin, interruption }: Context) {
  const prompt = createInterface({ input: stdin, output: console.err.stream });
  prompt.once('SIGINT', () => process.emit('SIGINT', 'SIGINT'));
  try {
    const closed = new Promise((resolve) => prompt.once('close', () => resolve('')));
    const answer = prompt.question(`${question} [y/N] `, { signal: interruption.soft });
    return /^\s*y(es)?\s*$/i.test(String(await Promise.race([answer, closed])));
  } finally {
    prompt.close();
  }
}

const nameOf = ({ object, name, type }: Field) =>
  `${`${object === 'person' ? 'people' : 'companies'}.${name}`.padEnd(24)}  ${type.padEnd(8)}`;

function showPlan(plan: Plan, baseUrl: string, out: Console['out']) {
  out.write(`\n${out.paint('bold', `Custom fields of ${printable(baseUrl)}`)}\n\n`);
  line(out, 'green', '✔', plan.present, 'present');
  line(out, 'yellow', '+', plan.missing, 'missing');
  line(out, 'red', '✘', plan.conflicting, 'in conflict');
  const { present, missing, conflicting } = plan;
  out.write(
    `\n${present.length} present, ${missing.length} missing, ${conflicting.length} in conflict.\n\n`,
  );
}

function line(out: Console['out'], colour: Style, mark: string, fields: Field[], state: string) {
  for (const field of fields) {
    out.write(`  ${out.paint(colour, mark)} ${printable(nameOf(field))}  ${state}\n`);
    if (field.message === undefined) continue;
    for (const text of wrap(printable(field.message), out.width - 6)) out.write(`      ${text}\n`);
  }
}

function showApplied(
  {
    created,
    madeUnique,
    failed,
    plan,
  }: {
    created: Field[];
    madeUnique: Field[];
    failed: (Field & { error: { message: string } })[];
    plan: Plan;
  },
  out: Console['out'],
) {
  out.write('\n');
  line(out, 'green', '+', created, 'created');
  line(out, 'green', '+', madeUnique, 'made unique');
  line(
    out,
    'red',
    '✘',
    failed.map((field) => ({ ...field, message: field.error.message })),
    'failed',
  );
  line(out, 'red', '✘', plan.conflicting, 'in conflict');
  const done = created.length + madeUnique.length;
  const left = plan.missing.length + plan.conflicting.length;
  const text =
    left > 0
      ? `${plural(done, 'field')} changed, ${left} left as ${left === 1 ? 'it is' : 'they are'}.`
      : done > 0
        ? `${plural(done, 'field')} changed: the workspace has all custom fields now.`
        : 'The workspace already has all custom fields.';
  out.write(`${done + left > 0 ? '\n' : ''}${out.paint(left > 0 ? 'yellow' : 'green', text)}\n\n`);
}

export { schemaApply, schemaPlan };
