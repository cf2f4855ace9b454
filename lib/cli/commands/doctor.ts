import type { DiagnosisFinding as Finding, SchemaPlan } from '../../../index.js';
import { TwentyCrmApiService } from '../../api-service.js';
import type { Console } from '../console.js';
import { readConnection, readServiceOptions } from '../environment.js';
import { EXIT } from '../exit-codes.js';
import type { Context, DoctorOptions, Outcome } from '../program.js';
import { lowered, printable, wrap } from '../text.js';

type CliFinding = Omit<Finding, 'check'> & { check: string };

const MARKS = {
  ok: ['green', '✔'],
  warning: ['yellow', '!'],
  error: ['red', '✘'],
} as const;

const NOTHING_SENT = 'Nothing is sent to Twenty in mode';

const UNREACHABLE_CHECKS = new Set(['reachable']);

async function doctor(
  { console, env, interruption }: Context,
  options: DoctorOptions,
): Promise<Outcome> {
  const { config, mode, baseUrl } = readConnection(options, env, console);
  const { fieldNames } = readServiceOptions(options);
  const diagnosis = await new TwentyCrmApiService().diagnose(config, {
    ...(fieldNames !== undefined && { fieldNames }),
    signal: interruption.soft,
  });
  const findings = [...modeFindings(mode), ...diagnosis.findings.map(withCommand)];
  const summary =
    mode === 'direct_crm' ? diagnosis.summary : `${NOTHING_SENT} ${mode}. ${diagnosis.summary}`;
  const result = { baseUrl, mode, ok: diagnosis.ok, summary, findings };
  const failed = findings.find(({ status }) => status === 'error');
  const exitCode =
    failed === undefined
      ? EXIT.OK
      : UNREACHABLE_CHECKS.has(failed.check)
        ? EXIT.UNREACHABLE
        : EXIT.CONFIG;
  return { exitCode, result, show: () => show(result, console) };
}

function modeFindings(mode: string): CliFinding[] {
  if (mode === 'direct_crm') return [];
  return [
    {
      check: 'mode',
      status: 'warning',
      message: `Services made from this environment run in mode ${mode}: they send nothing to Twenty`,
      advice: 'Set TWENTY_CRM_ENABLED=true and TWENTY_CRM_SYNC_MODE=direct_crm to switch it on.',
    },
  ];
}

/** This program can fix the schema itself. */
function withCommand(finding: Finding): CliFinding {
  const plan = finding.details?.plan as Partial<SchemaPlan> | undefined;
  if (finding.check !== 'schema' || !plan?.missing?.length) return finding;
  const advice = `Run npx twenty-crm-native schema apply. Or ${lowered(finding.advice ?? '')}`;
  return { ...finding, advice };
}

function show(
  {
    baseUrl,
    mode,
    summary,
    findings,
  }: { baseUrl: string; mode: string; summary: string; findings: CliFinding[] },
  { out }: Console,
) {
  const { paint } = out;
  out.write(`\n${paint('bold', `Twenty at ${printable(baseUrl)}`)}\n\n`);
  const labels = findings.map(({ check }) => check.replaceAll('_', ' '));
  const indent = Math.max(...labels.map(({ length }) => length)) + 6;
  for (const [index, { status, message, advice }] of findings.entries()) {
    const [colour, mark] = MARKS[status];
    const lines = wrap(printable(message), out.width - indent);
    const head = `  ${paint(colour, mark)} ${labels[index].padEnd(indent - 4)}`;
    out.write(`${head}${lines.join(`\n${' '.repeat(indent)}`)}\n`);
    if (advice === undefined || status === 'ok') continue;
    const what = wrap(printable(advice), out.width - indent - 2);
    out.write(
      `${' '.repeat(indent)}${paint(colour, '→')} ${what.join(`\n${' '.repeat(indent + 2)}`)}\n`,
    );
  }
  const failed = findings.filter(({ status }) => status === 'error').length;
  const warned = findings.filter(({ status }) => status === 'warning').length;
  const works =
    mode === 'direct_crm'
      ? 'It works, with a limitation'
      : `It works, but ${lowered(NOTHING_SENT)} ${mode}`;
  const verdict = failed > 0 ? 'It does not work' : warned > 0 ? works : summary;
  const colour = failed > 0 ? 'red' : warned > 0 ? 'yellow' : 'green';
  out.write(`\n${paint(colour, printable(verdict.replace(/\.$/, '')))}.\n\n`);
}

export { doctor };
