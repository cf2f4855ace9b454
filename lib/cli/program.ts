import { Command, InvalidArgumentError, Option } from '../../vendor/third-party.js';
import type { Console } from './console.js';
import type { Env } from './environment.js';
import type { FailureReport } from './failure.js';
import { FIELDS, REQUIRED } from './fields.js';
import type { Interruption } from './interruption.js';
import type { PresetName } from './presets/index.js';
import { NAMES as PRESETS } from './presets/index.js';
import { wrap } from './text.js';

interface CommonOptions {
  json?: boolean;
  color: boolean;
  envFile?: string;
  timeout?: number;
  retries?: number;
}

export type DoctorOptions = CommonOptions & { options?: string };

export type SchemaOptions = CommonOptions & { options?: string; yes?: boolean };

interface OwnUpsertOptions {
  options?: string;
  defaultCountry?: string;
  namespace?: string;
  missingEmail?: 'refuse' | 'allow';
  companyKey?: 'external_id' | 'email_domain';
  allowId?: boolean;
}

export type UpsertOptions = CommonOptions & OwnUpsertOptions;

interface OwnSyncOptions {
  format?: 'csv' | 'ndjson';
  delimiter?: string;
  encoding?: string;
  map?: string[];
  mapFile?: string;
  ignore?: string[];
  ignoreUnknown?: boolean;
  skipLines?: number;
  idFrom?: 'email' | 'url';
  preset?: PresetName;
  dryRun?: boolean;
  force?: boolean;
  verify?: boolean;
  concurrency?: number;
  mappings?: string;
  rejects?: string;
  fromLine?: number;
  quiet?: boolean;
}

export type SyncOptions = UpsertOptions & OwnSyncOptions;

/** The context of a command. */
export interface Context {
  console: Console;
  env: Env;
  stdin: NodeJS.ReadStream;
  interruption: Interruption;
  /** as the user typed them */
  args: readonly string[];
}

/** The result of a command. */
export interface Outcome {
  exitCode: number;
  /** for `--json` */
  result: object;
  /** prints it as text */
  show: () => void;
  /** if it was interrupted */
  error?: FailureReport;
  stack?: string;
}

/** The function that runs each command. */
export interface Handlers {
  doctor: (options: DoctorOptions) => Promise<void>;
  schemaPlan: (options: SchemaOptions) => Promise<void>;
  schemaApply: (options: SchemaOptions) => Promise<void>;
  sync: (entity: 'person' | 'company', file: string, options: SyncOptions) => Promise<void>;
  upsert: (entity: 'person' | 'company', record: string, options: UpsertOptions) => Promise<void>;
}

const wholeNumber =
  (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  (text: string) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    const range =
      most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    throw new InvalidArgumentError(`Give a whole number ${range}.`);
  };

const collect = (value: string, earlier: string[] | undefined) => [...(earlier ?? []), value];

function option<T>(flags: string, description: string, parse?: (text: string, earlier: T) => T) {
  const made = new Option(flags, description);
  return parse === undefined ? made : made.argParser(parse);
}

const ENV_HELP = `
Environment:
  TWENTY_CRM_BASE_URL      address of your Twenty, for example https://crm.example.com
  TWENTY_CRM_API_KEY       the API key; it cannot be given as an argument
  TWENTY_CRM_ENABLED       any value but true switches syncing off
  TWENTY_CRM_SYNC_MODE     direct_crm, platform or disabled
  NO_COLOR, FORCE_COLOR    switch colours off, or on

Exit codes:
  0  done                          4  the CRM cannot be reached
  1  done, something left over     5  the input cannot be read
  2  wrong usage                  70  a bug in this program
  3  configuration, key, rights  130  interrupted`;

/** The one list of commands and options. Tests compare the help and the documentation with it. */
function createProgram(handlers: Handlers, version: string) {
  const program = new Command('twenty-crm-native')
    .description('Sync people and companies into Twenty CRM from the command line.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', ENV_HELP)
    .configureHelp({ showGlobalOptions: false })
    .showSuggestionAfterError(true);

  common(program.command('doctor'))
    .description('check everything that syncing needs, and say how to fix it; changes nothing')
    .addOption(optionsOption())
    .action((options) => handlers.doctor(options));

  const schema = program.command('schema').description('custom fields in Twenty');
  common(schema.command('plan'))
    .description('show which custom fields are present, missing or in conflict; changes nothing')
    .addOption(optionsOption())
    .action((options) => handlers.schemaPlan(options));
  common(schema.command('apply'))
    .description('create missing custom fields; asks first')
    .addOption(optionsOption())
    .addOption(option('-y, --yes', 'do not ask'))
    .action((options) => handlers.schemaApply(options));

  const sync = program.command('sync').description('sync many records from a file');
  for (const [name, entity] of [
    ['people', 'person'],
    ['companies', 'company'],
  ] as const) {
    syncOptions(
      common(sync.command(name))
        .description(`create and update ${name} from an NDJSON or CSV file`)
        .argument('<file>', 'the file, or - for standard input')
        .addHelpText('after', fieldsHelp(entity)),
    ).action((file, options) => handlers.sync(entity, file, options));
  }

  const upsert = program.command('upsert').description('one record');
  for (const entity of ['person', 'company'] as const) {
    serviceOptions(
      common(upsert.command(entity))
        .description(`create or update one ${entity}`)
        .argument('<record>', 'JSON, a file with JSON, or - for standard input')
        .addHelpText('after', fieldsHelp(entity)),
    ).action((record, options) => handlers.upsert(entity, record, options));
  }
  return program;
}

function fieldsHelp(entity: 'person' | 'company') {
  const [needed, others] = [REQUIRED[entity], FIELDS[entity]].map((names) => names.join(', '));
  return `\nFields (required: ${needed}):\n  ${wrap(others, 96).join('\n  ')}\n`;
}

const common = (command: Command) =>
  command
    .helpOption('-h, --help', 'print help')
    .addOption(option('--json', 'print the result as one line of JSON on stdout'))
    .addOption(
      option('--env-file <file>', 'read variables from a file; the environment overrides them'),
    )
    .addOption(option('--timeout <ms>', 'timeout of one attempt (default 10000)', wholeNumber(1)))
    .addOption(
      option('--retries <count>', 'retries after a failed attempt (default 3)', wholeNumber(0)),
    )
    .addOption(option('--no-color', 'no colours'));

const optionsOption = () =>
  option(
    '--options <file>',
    'JSON file with options of the sync service: fieldNames, collisions, …',
  );

const serviceOptions = (command: Command) =>
  command
    .addOption(optionsOption())
    .addOption(
      option(
        '--default-country <code>',
        'country of phone numbers without a country code, for example DE',
      ),
    )
    .addOption(option('--namespace <name>', "your site's namespace; becomes part of the ids"))
    .addOption(
      option(
        '--missing-email <what>',
        'people without an e-mail address: allow writes them (default refuse)',
      ).choices(['refuse', 'allow']),
    )
    .addOption(
      option(
        '--company-key <what>',
        'how a person’s company is identified (default external_id)',
      ).choices(['external_id', 'email_domain']),
    )
    .addOption(option('--allow-id', 'accept ids that look damaged: #N/A, NULL, 1.23E+17'));

const syncOptions = (command: Command) =>
  serviceOptions(command)
    .addOption(
      option('--format <format>', 'file format, if the file name does not tell').choices([
        'csv',
        'ndjson',
      ]),
    )
    .addOption(option('--delimiter <character>', 'delimiter of CSV (detected by default)'))
    .addOption(option('--encoding <name>', 'encoding of the file (default UTF-8)'))
    .addOption(
      option('--skip-lines <count>', 'lines to skip above the header of a CSV', wholeNumber(0)),
    )
    .addOption(
      option('--preset <program>', 'program that wrote the file: reads its columns').choices(
        PRESETS,
      ),
    )
    .addOption(option('--map <column=field>', 'column that fills a field; repeatable', collect))
    .addOption(option('--map-file <file>', 'the same as a JSON file: {"column": "field"}'))
    .addOption(option('--ignore <column>', 'column to ignore; repeatable', collect))
    .addOption(option('--ignore-unknown', 'ignore all columns that are not a field'))
    .addOption(
      option('--id-from <field>', 'make ids from the e-mail address or the link').choices([
        'email',
        'url',
      ]),
    )
    .addOption(option('--dry-run', 'say what would be done, but write nothing'))
    .addOption(option('--force', 'also send records that have not changed'))
    .addOption(option('--verify', 'compare with the rows in Twenty, and send only differences'))
    .addOption(
      option('--concurrency <count>', 'batches in flight at once (default 4)', wholeNumber(1, 64)),
    )
    .addOption(option('--mappings <file>', 'SQLite file that remembers ids and what was sent'))
    .addOption(option('--rejects <file>', 'file for refused records; can be fed back in'))
    .addOption(option('--from-line <line>', 'skip the records before this line', wholeNumber(1)))
    .addOption(option('-q, --quiet', 'no progress'));

export { createProgram };
