'use strict';

const { createInterface } = require('node:readline/promises');
const { TwentyCrmRestClient } = require('../../rest-client.js');
const { TwentyCrmSchemaService } = require('../../schema-service.js');
const { made, readConnection, readServiceOptions } = require('../environment.js');
const { EXIT } = require('../exit-codes.js');
const { usageFailure } = require('../failure.js');
const { plural, printable, wrap } = require('../text.js');

/**
 * @typedef {import('../../../index.js').SchemaField} Field
 * @typedef {import('../../../index.js').SchemaPlan} Plan
 */

/**
 * @param {import('../main.js').Context} context
 * @param {import('../program.js').SchemaOptions} options
 */
function open({ console, env }, options) {
  const { config, baseUrl } = readConnection(options, env, console);
  const { fieldNames } = readServiceOptions(options);
  const schema = made(
    () => new TwentyCrmSchemaService(new TwentyCrmRestClient(config), fieldNames && { fieldNames }),
  );
  return { baseUrl, schema };
}

/**
 * @param {import('../main.js').Context} context
 * @param {import('../program.js').SchemaOptions} options
 * @returns {Promise<import('../main.js').Outcome>}
 */
async function schemaPlan(context, options) {
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
          ? 'npx twenty-crm-native schema apply makes these changes.\n\n'
          : '';
      context.console.out.write(advice);
    },
  };
}

/**
 * @param {import('../main.js').Context} context
 * @param {import('../program.js').SchemaOptions & { yes?: boolean }} options
 * @returns {Promise<import('../main.js').Outcome>}
 */
async function schemaApply(context, options) {
  const { console, stdin, interruption } = context;
  const mayAsk = stdin.isTTY === true && console.err.isTerminal;
  if (!options.yes && !mayAsk) {
    throw usageFailure(
      'schema apply asks before it changes anything, and there is no terminal to ask on',
      'Say --yes to go ahead, or look with schema plan first.',
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

/** What `apply` would change. @param {Plan} plan */
const toChange = ({ missing, conflicting }) => [
  ...missing,
  ...conflicting.filter(({ reason }) => reason === 'not_unique'),
];

/**
 * @param {string} question
 * @param {import('../main.js').Context} context
 */
async function ask(question, { console, stdin, interruption }) {
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

/** @param {Field} field */
const nameOf = ({ object, name, type }) =>
  `${`${object === 'person' ? 'people' : 'companies'}.${name}`.padEnd(24)}  ${type.padEnd(8)}`;

/**
 * @param {Plan} plan
 * @param {string} baseUrl
 * @param {import('../console.js').Console['out']} out
 */
function showPlan(plan, baseUrl, out) {
  out.write(`\n${out.paint('bold', `Custom fields of ${printable(baseUrl)}`)}\n\n`);
  line(out, 'green', '✔', plan.present, 'there');
  line(out, 'yellow', '+', plan.missing, 'missing');
  line(out, 'red', '✘', plan.conflicting, 'in the way');
  const { present, missing, conflicting } = plan;
  out.write(
    `\n${present.length} there, ${missing.length} missing, ${conflicting.length} in the way.\n\n`,
  );
}

/**
 * @param {import('../console.js').Console['out']} out
 * @param {import('../console.js').Style} colour
 * @param {string} mark
 * @param {Field[]} fields
 * @param {string} state
 */
function line(out, colour, mark, fields, state) {
  for (const field of fields) {
    out.write(`  ${out.paint(colour, mark)} ${printable(nameOf(field))}  ${state}\n`);
    if (field.message === undefined) continue;
    for (const text of wrap(printable(field.message), out.width - 6)) out.write(`      ${text}\n`);
  }
}

/**
 * @param {{ created: Field[], madeUnique: Field[], failed: (Field & { error: { message: string } })[], plan: Plan }} result
 * @param {import('../console.js').Console['out']} out
 */
function showApplied({ created, madeUnique, failed, plan }, out) {
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
  line(out, 'red', '✘', plan.conflicting, 'in the way');
  const done = created.length + madeUnique.length;
  const left = plan.missing.length + plan.conflicting.length;
  const text =
    left > 0
      ? `${plural(done, 'field')} changed, ${left} left as ${left === 1 ? 'it is' : 'they are'}.`
      : done > 0
        ? `${plural(done, 'field')} changed: the workspace has all custom fields now.`
        : 'The workspace has all custom fields already.';
  out.write(`${done + left > 0 ? '\n' : ''}${out.paint(left > 0 ? 'yellow' : 'green', text)}\n\n`);
}

module.exports = { schemaApply, schemaPlan };
