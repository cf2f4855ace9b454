import type { TwentyCrmSyncService } from '../../../index.js';
import { TwentyCrmApiService } from '../../api-service.js';
import { createTwentyCrmSyncService } from '../../create-sync-service.js';
import { messageOf } from '../../serialise.js';
import type { Connection } from '../environment.js';
import { made, readConnection, readServiceOptions, requireDirect } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import {
  CliFailure,
  configFailure,
  DOCTOR_HINT,
  describeFailure,
  inputFailure,
} from '../failure.js';
import type { Input } from '../input/open.js';
import { openInput } from '../input/open.js';
import { readMapping } from '../mapping.js';
import { adviceOnEmail } from '../presets/notes.js';
import type { Context, Outcome, SyncOptions } from '../program.js';
import { createProgress } from '../progress.js';
import { Rejects, requireOtherFile } from '../rejects.js';
import { Run } from '../run.js';
import type { RunReport } from '../summary.js';
import { showSummary } from '../summary.js';
import { plural, shellWord } from '../text.js';

/** Everything that one call of the command works with. */
interface Job {
  context: Context;
  entity: 'person' | 'company';
  file: string;
  options: SyncOptions;
  /** whether people without an e-mail address are written */
  missingEmail: unknown;
}

/** The result of a run. */
interface End {
  run: Run;
  input: Input;
  requests: number;
  failure: unknown;
  durationMs: number;
}

async function sync(
  context: Context,
  entity: 'person' | 'company',
  file: string,
  options: SyncOptions,
) {
  const { console, env, interruption, stdin } = context;
  const serviceOptions = readServiceOptions(options);
  const { missingEmail } = serviceOptions;
  const mapping = readMapping(entity, { ...options, missingEmail });
  requireOtherFile(options.rejects, file);
  const input = await openInput(file, entity, mapping, options, stdin, interruption.soft);
  try {
    requireHeader(input, options.skipLines ?? 0, interruption.soft);
    const entries = await peeked(input.entries);
    const connection = readConnection(options, env, console);
    requireDirect(connection);
    const store = options.mappings === undefined ? undefined : openStore(options.mappings);
    try {
      const service = made(() =>
        createTwentyCrmSyncService(connection.config, {
          ...serviceOptions,
          ...(store && { mappingStore: store }),
        }),
      );
      await requireConnection(connection, interruption.soft);
      const append = (options.fromLine ?? 0) > 1;
      const rejects =
        options.rejects === undefined ? undefined : new Rejects(options.rejects, input, { append });
      try {
        const job = { context, entity, file, options, missingEmail };
        return outcome(job, await write(job, { ...input, entries }, rejects, service));
      } finally {
        rejects?.close();
      }
    } finally {
      await store?.close();
    }
  } finally {
    input.close();
  }
}

async function write(
  { context, entity, options }: Job,
  input: Input,
  rejects: Rejects | undefined,
  service: TwentyCrmSyncService,
): Promise<End> {
  const { console, interruption } = context;
  const startedMs = performance.now();
  const progress = createProgress({
    label: entity === 'person' ? 'People' : 'Companies',
    hasSize: input.hasSize,
    console,
    quiet: options.quiet,
  });
  const run = new Run({
    input,
    rejects,
    fromLine: options.fromLine,
    onProgress: () =>
      progress.update({ done: run.done, refused: run.counts.refused, fraction: run.fraction }),
  });
  const onSoft = () => {
    progress.stop();
    run.stop();
    const what = plural(run.inFlight, 'record');
    const again = console.err.isTerminal ? ' Press again to stop at once.' : '';
    console.err.write(`\nStopping: finishing ${what} in flight.${again}\n`);
  };
  interruption.soft.addEventListener('abort', onSoft);
  if (interruption.soft.aborted) onSoft();
  let failure: unknown;
  let requests = 0;
  try {
    const records = run.records();
    const settings = settingsOf(options, interruption.hard);
    const results =
      entity === 'person'
        ? service.syncPersons(records, settings)
        : service.syncCompanies(records, settings);
    for await (const result of results) run.take(result);
    ({ requests } = await results);
    failure = run.inputFailure;
  } catch (error) {
    ({ requests } = service.stats());
    if (!interruption.hard.aborted) failure = error;
  } finally {
    progress.stop();
    interruption.soft.removeEventListener('abort', onSoft);
  }
  return { run, input, requests, failure, durationMs: performance.now() - startedMs };
}

function settingsOf(options: SyncOptions, signal: AbortSignal) {
  return {
    signal,
    dryRun: options.dryRun ?? false,
    force: options.force ?? false,
    verifyUnchanged: options.verify ?? false,
    ...(options.concurrency !== undefined && { maxConcurrency: options.concurrency }),
  };
}

function outcome(
  { context, entity, file, options, missingEmail }: Job,
  { run, input, requests, failure, durationMs }: End,
): Outcome {
  const { console, interruption } = context;
  const stopped = failure === undefined ? run.fatal : failure;
  const described = stopped === undefined ? undefined : describeFailure(stopped);
  const signal = interruption.name();
  const isEarly = signal !== undefined || stopped !== undefined;
  if (!isEarly && run.done === 0) console.err.write(`${whyNothing(run, input)}\n`);
  const resumeLine = isEarly ? run.resumeLine : undefined;
  const { notes } = input;
  const further = notes?.warnings() ?? [];
  if (notes !== undefined && notes.withoutEmail > 0 && missingEmail !== 'allow') {
    console.err.write(`${adviceOnEmail(notes.withoutEmail, options.idFrom)}\n`);
  }
  const result: RunReport = {
    entity,
    file: input.name,
    format: input.format,
    dryRun: options.dryRun ?? false,
    read: run.done,
    ...run.counts,
    warnings: run.counts.warnings + further.length,
    requests,
    durationMs: Math.round(durationMs),
    rejects: options.rejects ?? null,
    resumeFromLine: resumeLine ?? null,
    stoppedBy: signal ?? described?.report.code ?? null,
    refusals: run.refusals.list(),
    warningReasons: [...further, ...run.warnings.list()],
    ...(notes && { preset: { name: notes.preset.name, leftOut: notes.leftOut() } }),
  };
  return {
    exitCode:
      signal !== undefined
        ? interruption.exitCode()
        : described !== undefined
          ? described.exitCode
          : run.exitCode,
    result,
    ...(described !== undefined && { error: described.report, stack: described.stack }),
    show: () => showSummary(result, resumeCommand(resumeLine, file, context.args), console.out),
  };
}

/**
 * Every CSV file has a header. NDJSON without a line is an empty feed.
 * @param signal closes the input
 */
function requireHeader({ name, header }: Input, skipLines: number, signal: AbortSignal) {
  if (header === undefined || header.length > 0 || signal.aborted) return;
  if (skipLines > 0) {
    throw inputFailure(`${name} has nothing below the lines that --skip-lines ${skipLines} skips`);
  }
  throw inputFailure(
    `${name} is empty: it does not even have a header`,
    'Check the program that writes it.',
  );
}

function whyNothing({ lastLine }: Run, { format }: Input) {
  if (lastLine > 0) {
    return `Nothing to do: the last record begins in line ${lastLine}, before the line of --from-line.`;
  }
  return format === 'csv'
    ? 'Nothing to do: the input has a header and no records.'
    : 'Nothing to do: the input has no records.';
}

/** Finds problems of the whole input before anything is sent. */
async function peeked<T>(
  entries: AsyncGenerator<T, void, undefined>,
): Promise<AsyncGenerator<T, void, undefined>> {
  const first = await entries.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* entries;
  })();
}

function openStore(file: string) {
  const { sqliteMappingStore } =
    require('../../stores/sqlite.js') as typeof import('../../stores/sqlite.js');
  try {
    return sqliteMappingStore(file);
  } catch (error) {
    throw configFailure(`--mappings ${file}: ${messageOf(error)}`);
  }
}

/** With a wrong key or address, every record would fail. */
async function requireConnection({ config }: Connection, signal: AbortSignal) {
  const { baseUrl, apiKey, timeout } = config;
  const test = await new TwentyCrmApiService().testConnection(baseUrl, apiKey, {
    ...(timeout !== undefined && { timeout }),
    signal,
  });
  if (test.ok) return;
  const code = /^[A-Z_]+/.exec(test.details?.error ?? '')?.[0] ?? 'UNKNOWN';
  const isUnreachable = ['NETWORK_ERROR', 'TIMEOUT', 'RATE_LIMIT', 'SERVER_ERROR'].includes(code);
  throw new CliFailure(
    isUnreachable ? EXIT.UNREACHABLE : EXIT.CONFIG,
    code,
    test.message,
    DOCTOR_HINT,
  );
}

/** The same command, continued from where it stopped. */
function resumeCommand(line: number | undefined, file: string, args: readonly string[]) {
  if (line === undefined) return undefined;
  const kept = args.filter(
    (word, index) =>
      !word.startsWith('--from-line') && !/^--from-line$/.test(args[index - 1] ?? ''),
  );
  const command = ['npx', 'twenty-crm-native', ...kept, '--from-line', String(line)];
  const text = command.map(shellWord).join(' ');
  return file === '-' ? `${text}   (with the same input)` : text;
}

export { sync };
