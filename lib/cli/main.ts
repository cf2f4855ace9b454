import type { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import type { Unchecked } from '../serialise.js';
import { messageOf } from '../serialise.js';
import type { Console } from './console.js';
import { createConsole } from './console.js';
import { EXIT } from './exit-codes.js';
import type { FailureReport } from './failure.js';
import { describeFailure, usageFailure } from './failure.js';
import { watchInterruption } from './interruption.js';
import type { Context, Handlers, Outcome } from './program.js';
import { createProgram } from './program.js';
import { printable } from './text.js';

/** Version of the `--json` output; counts up when its shape changes. */
const SCHEMA_VERSION = 1;

// Commands are loaded on demand.
const doctorModule = () => require('./commands/doctor.js') as typeof import('./commands/doctor.js');
const schemaModule = () => require('./commands/schema.js') as typeof import('./commands/schema.js');
const syncModule = () => require('./commands/sync.js') as typeof import('./commands/sync.js');
const upsertModule = () => require('./commands/upsert.js') as typeof import('./commands/upsert.js');

/** Runs a command and prints its result. */
type Perform = (
  name: string,
  work: (context: Context) => Promise<Outcome>,
  options: { json?: boolean; color: boolean },
) => Promise<void>;

/** @returns exit code */
async function main(process: NodeJS.Process): Promise<number> {
  const args = process.argv.slice(2);
  const { stdin, stdout, stderr, env } = process;
  const console = createConsole({ stdout, stderr, env });
  const interruption = watchInterruption(process);
  const wantsJson = args.includes('--json');
  const context: Context = { console, env, stdin, interruption, args };
  let exitCode: number = EXIT.OK;
  let command = '';

  const perform: Perform = async (name, work, { json = false, color }) => {
    command = name;
    if (!color) console.withoutColour();
    const outcome = await work(context);
    exitCode = outcome.exitCode;
    if (json) printJson(console, { ...outcome, command });
    else outcome.show();
    if (outcome.error !== undefined) complain(console, outcome.error, outcome.stack);
  };

  const program = createProgram(handlersOf(perform), version);
  const said: string[] = [];
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

/** What to run for each command. */
function handlersOf(perform: Perform): Handlers {
  return {
    doctor: (options) => perform('doctor', (all) => doctorModule().doctor(all, options), options),
    schemaPlan: (options) =>
      perform('schema plan', (all) => schemaModule().schemaPlan(all, options), options),
    schemaApply: (options) =>
      perform('schema apply', (all) => schemaModule().schemaApply(all, options), options),
    sync: (entity, file, options) =>
      perform(
        entity === 'person' ? 'sync people' : 'sync companies',
        (all) => syncModule().sync(all, entity, file, options),
        options,
      ),
    upsert: (entity, record, options) =>
      perform(
        `upsert ${entity}`,
        (all) => upsertModule().upsert(all, entity, record, options),
        options,
      ),
  };
}

/** @param said what it would have written to stderr */
function quieten(command: Command, console: Console, said: string[]) {
  command.exitOverride().configureOutput({
    writeOut: (text) => console.out.write(text),
    // Errors are printed below, once, in one form.
    writeErr: (text) => said.push(text),
    getErrHelpWidth: () => console.err.width,
    getOutHelpWidth: () => console.out.width,
    getOutHasColors: () => false,
  });
  for (const child of command.commands) quieten(child, console, said);
}

/** An option before the command: Commander calls it unknown. */
function misplaced(error: unknown, program: Command, args: readonly string[]) {
  if ((error as Unchecked)?.code !== 'commander.unknownOption') return undefined;
  const [option] = /--?[^'=]+/.exec(messageOf(error)) ?? [];
  const knows = (command: Command): boolean =>
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
        'Put options after the command, as in: twenty-crm-native doctor --json',
      );
}

/**
 * @param help what Commander printed instead of an error
 * @returns null if nothing failed, undefined if the error is not Commander's
 */
function fromCommander(error: unknown, help: string): Error | null | undefined {
  const { name, exitCode, code } = (error ?? {}) as Partial<CommanderError>;
  if (name !== 'CommanderError' && name !== 'InvalidArgumentError') return undefined;
  if (exitCode === 0) return null;
  if (code === 'commander.help') {
    return usageFailure('Name one of the commands', help.trimEnd());
  }
  // The text after an equals sign may be a secret.
  const message = messageOf(error)
    .replace(/^error: /, '')
    .replace(/(unknown option '[^'=]*)=[^']*'/, "$1'");
  const [first, ...more] = message.split('\n');
  const suggestion = more.join(' ').trim();
  return usageFailure(
    first[0].toUpperCase() + first.slice(1),
    suggestion || 'twenty-crm-native --help lists the commands, and <command> --help its options.',
  );
}

/** A key among the arguments ends up in the shell's history. */
function refuseKeys(args: string[]) {
  const found = args.find((word) => /^--?(api[-_]?key|key|token|apikey)(=|$)/i.test(word));
  if (found === undefined) return;
  throw usageFailure(
    `${found.split('=')[0]} is not an option, because everybody on this machine can read a command’s arguments, and the shell keeps them in its history`,
    'Set TWENTY_CRM_API_KEY in the environment, or in a file that --env-file names. Replace a key that was given here: it is no longer secret.',
  );
}

function printJson(
  console: Console,
  {
    command,
    exitCode,
    result,
    error,
  }: { command: string | null; exitCode: number; result?: object; error?: object },
) {
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

function complain({ err }: Console, { message, hint }: FailureReport, stack?: string) {
  err.write(`${err.paint('red', 'error:')} ${printable(message)}\n`);
  for (const line of hint?.split('\n') ?? []) err.write(`${err.paint('dim', printable(line))}\n`);
  if (stack !== undefined) err.write(`${stack}\n`);
}

export { main };
