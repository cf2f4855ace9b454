import { styleText } from 'node:util';

/** API keys of Twenty are JSON web tokens. */
const TOKEN = /eyJ[\w-]{8,}(?:\.[\w-]+){1,2}/g;

const SECRET_LENGTH = 6;

export type Style = Parameters<typeof styleText>[0];

/** Node has it since 20.18, the types since 22. */
const paintAlways = styleText as (
  style: Style,
  text: string,
  options: { validateStream: boolean },
) => string;

type Stream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number };

export type Console = ReturnType<typeof createConsole>;

/**
 * Results go to stdout, everything else to stderr. Secrets are masked in both. A reader that has closed its pipe (`|
 * head`) is not an error.
 */
function createConsole({
  stdout,
  stderr,
  env,
}: {
  stdout: Stream;
  stderr: Stream;
  env: NodeJS.ProcessEnv;
}) {
  let secrets: string[] = [];
  let mayColour = true;

  const open = (stream: Stream) => {
    let isOpen = true;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      isOpen = false;
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    });
    const isTerminal = stream.isTTY === true;
    return {
      isTerminal,
      stream,
      /** Width in cells; 100 without a terminal. */
      get width() {
        return isTerminal ? Math.max(40, Math.min(stream.columns || 80, 120)) : 100;
      },
      write: (text: string) => {
        if (isOpen) stream.write(redact(text));
      },
      paint: (style: Style, text: string) =>
        mayColour && hasColour(isTerminal, env)
          ? paintAlways(style, text, { validateStream: false })
          : text,
    };
  };

  const redact = (text: string) => {
    let clean = text.replace(TOKEN, '[token]');
    for (const secret of secrets) clean = clean.replaceAll(secret, '[API key]');
    return clean;
  };

  return {
    out: open(stdout),
    err: open(stderr),
    redact,
    keepSecret(secret: string | undefined) {
      if (secret !== undefined && secret.length >= SECRET_LENGTH) secrets = [...secrets, secret];
    },
    withoutColour() {
      mayColour = false;
    },
  };
}

function hasColour(isTerminal: boolean, env: NodeJS.ProcessEnv) {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return isTerminal && env.TERM !== 'dumb';
}

export { createConsole };
