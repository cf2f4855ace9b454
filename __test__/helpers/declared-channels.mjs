// The channels in the types.
import { readFileSync } from 'node:fs';

export function declaredChannels() {
  const text = readFileSync(new URL('../../types/observability.d.ts', import.meta.url), 'utf8');
  const body = /interface TwentyCrmDiagnosticsChannels \{([^}]*)\}/.exec(text)?.[1] ?? '';
  return [...body.matchAll(/'([^']+)':/g)].map(([, name]) => name).sort();
}
