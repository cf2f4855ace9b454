'use strict';

const { version } = require('../../package.json');
const { createConsole } = require('./console.js');
const { EXIT } = require('./exit-codes.js');
const { describeFailure, usageFailure } = require('./failure.js');
const { watchInterruption } = require('./interruption.js');
const { createProgram } = require('./program.js');
const { printable } = require('./text.js');

/** Of what `--json` prints; counts up when its shape changes. */
const SCHEMA_VERSION = 1;

/**
 * What a command works with.
 * @typedef {object} Context
 * @property {import('./console.js').Console} console
 * @property {import('./environment.js').Env} env
 * @property {NodeJS.ReadStream} stdin
 * @property {import('./interruption.js').Interruption} interruption
 * @property {readonly string[]} args as they were given
 *
 * What a command ends with.
 * @typedef {object} Outcome
 * @property {number} exitCode
 * @property {object} result for `--json`
 * @property {() => void} show prints it for people
 * @property {import('./failure.js').FailureReport} [error] where it ended before its end
 * @property {string} [stack]
 */

/**
 * @param {NodeJS.Process} process
 * @returns {Promise<number>} exit code
 */
async function main(process) {
  const args = process.argv.slice(2);
  const { stdin, stdout, stderr, env } = process;
  const console = createConsole({ stdout, stderr, env });
  const interruption = watchInterruption(process);
  const wantsJson = args.includes('--json');
  /** @type {Context} */
  const context = { console, env, stdin, interruption, args };
  /** @type {number} */
  let exitCode = EXIT.OK;
  let command = '';

  /**
   * @param {string} name
   * @param {(context: Context) => Promise<Outcome>} work
   * @param {{ json?: boolean, color: boolean }} options
   */
  const perform = async (name, work, { json = false, color }) => {
    command = name;
    if (!color) console.withoutColour();
    const outcome = await work(context);
    exitCode = outcome.exitCode;
    if (json) printJson(console, { ...outcome, command });
    else outcome.show();
    if (outcome.error !== undefined) complain(console, outcome.error, outcome.stack);
  };

  const program = createProgram(
    {
      doctor: (options) =>
        perform('doctor', (all) => require('./commands/doctor.js').doctor(all, options), options),
      schemaPlan: (options) =>
        perform(
          'schema plan',
          (all) => require('./commands/schema.js').schemaPlan(all, options),
          options,
        ),
      schemaApply: (options) =>
        perform(
          'schema apply',
          (all) => require('./commands/schema.js').schemaApply(all, options),
          options,
        ),
      sync: (entity, file, options) =>
        perform(
          entity === 'person' ? 'sync people' : 'sync companies',
          (all) => require('./commands/sync.js').sync(all, entity, file, options),
          options,
        ),
      upsert: (entity, record, options) =>
        perform(
          `upsert ${entity}`,
          (all) => require('./commands/upsert.js').upsert(all, entity, record, options),
          options,
        ),
    },
    version,
  );
  /** @type {string[]} */
  const said = [];
  quieten(program, console, said);

  try {
    refuseKeys(args);
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    const usage = misplaced(error, program, args) ?? fromCommander(error, said.join(''));
    if (usage === null) return EXIT.OK;
    const { exitCode: code, report, stack } = describeFailure(usage ?? error);
    const isInterrupted = interruption.soft.aborted && code === EXIT.BUG;
    exitCode = isInterrupted ? interruption.exitCode() : code;
    const shown = isInterrupted
      ? { code: 'INTERRUPTED', message: `Stopped by ${interruption.name()}` }
      : report;
    if (wantsJson) printJson(console, { command: command || null, exitCode, error: shown });
    complain(console, shown, isInterrupted ? undefined : stack);
  } finally {
    interruption.end();
  }
  return exitCode;
}

/**
 * @param {import('commander').Command} command
 * @param {import('./console.js').Console} console
 * @param {string[]} said what it would have said on stderr
 */
function quieten(command, console, said) {
  command.exitOverride().configureOutput({
    writeOut: (text) => console.out.write(text),
    // Errors are told below, once, in one form.
    writeErr: (text) => said.push(text),
    getErrHelpWidth: () => console.err.width,
    getOutHelpWidth: () => console.out.width,
    getOutHasColors: () => false,
  });
  for (const child of command.commands) quieten(child, console, said);
}

/**
 * An option before the command: Commander takes it for unknown.
 * @param {any} error
 * @param {import('commander').Command} program
 * @param {readonly string[]} args
 */
function misplaced(error, program, args) {
  if (error?.code !== 'commander.unknownOption') return undefined;
  const [option] = /--?[^'=]+/.exec(error.message) ?? [];
  /** @param {import('commander').Command} command */
  const knows = (command) =>
    command.options.some(({ long, short }) => option === long || option === short) ||
    command.commands.some(knows);
  const words = args.filter((word) => !word.startsWith('-'));
  let command = program;
  for (const word of words) {
    command = command.commands.find((child) => child.name() === word) ?? command;
  }
  if (!knows(command)) return undefined;
  return command.commands.length > 0
    ? usageFailure('Name one of the commands', command.helpInformation().trimEnd())
    : usageFailure(
        `${option} stands before the command`,
        'Options stand behind it, as in: twenty-crm-native doctor --json',
      );
}

/**
 * @param {any} error
 * @param {string} help what Commander showed instead of an error
 * @returns {Error | null | undefined} null where nothing failed, undefined where it is not Commander's
 */
function fromCommander(error, help) {
  if (error?.name !== 'CommanderError' && error?.name !== 'InvalidArgumentError') return undefined;
  if (error.exitCode === 0) return null;
  if (error.code === 'commander.help') {
    return usageFailure('Name one of the commands', help.trimEnd());
  }
  // What stands behind an equals sign may be a secret.
  const message = String(error.message)
    .replace(/^error: /, '')
    .replace(/(unknown option '[^'=]*)=[^']*'/, "$1'");
  const [first, ...more] = message.split('\n');
  const suggestion = more.join(' ').trim();
  return usageFailure(
    first[0].toUpperCase() + first.slice(1),
    suggestion || 'twenty-crm-native --help lists the commands, and <command> --help its options.',
  );
}

/** A key among the arguments is in the shell's history. @param {string[]} args */
function refuseKeys(args) {
  const found = args.find((word) => /^--?(api[-_]?key|key|token|apikey)(=|$)/i.test(word));
  if (found === undefined) return;
  throw usageFailure(
    `${found.split('=')[0]} is not taken: what stands in a command can be read in the shell’s history and by everybody on this machine`,
    'Set TWENTY_CRM_API_KEY in the environment, or in a file named by --env-file. A key that was given here is no secret any more: replace it.',
  );
}

/**
 * @param {import('./console.js').Console} console
 * @param {{ command: string | null, exitCode: number, result?: object, error?: object }} outcome
 */
function printJson(console, { command, exitCode, result, error }) {
  const whole = {
    schemaVersion: SCHEMA_VERSION,
    command,
    ok: exitCode === EXIT.OK,
    exitCode,
    ...(result !== undefined && { result }),
    ...(error !== undefined && { error }),
  };
  console.out.write(`${JSON.stringify(whole)}\n`);
}

/**
 * @param {import('./console.js').Console} console
 * @param {import('./failure.js').FailureReport} report
 * @param {string} [stack]
 */
function complain({ err }, { message, hint }, stack) {
  err.write(`${err.paint('red', 'error:')} ${printable(message)}\n`);
  for (const line of hint?.split('\n') ?? []) err.write(`${err.paint('dim', printable(line))}\n`);
  if (stack !== undefined) err.write(`${stack}\n`);
}

module.exports = { main };
