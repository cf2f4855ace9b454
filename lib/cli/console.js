'use strict';

const { styleText } = require('node:util');

/** Keys in Twenty are JSON web tokens. */
const TOKEN = /eyJ[\w-]{8,}(?:\.[\w-]+){1,2}/g;

const SECRET_LENGTH = 6;

/**
 * @typedef {Parameters<typeof styleText>[0]} Style
 * @typedef {NodeJS.WritableStream & { isTTY?: boolean, columns?: number }} Stream
 * @typedef {ReturnType<typeof createConsole>} Console
 */

/**
 * Results go to stdout, everything else to stderr, no secret anywhere. A reader that has gone away (`| head`) harms
 * nothing.
 * @param {{ stdout: Stream, stderr: Stream, env: NodeJS.ProcessEnv }} streams
 */
function createConsole({ stdout, stderr, env }) {
  /** @type {string[]} */
  let secrets = [];
  let mayColour = true;

  /** @param {Stream} stream */
  const open = (stream) => {
    let isOpen = true;
    stream.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      isOpen = false;
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
    });
    const isTerminal = stream.isTTY === true;
    return {
      isTerminal,
      stream,
      /** Cells in a line; 100 where there is no terminal. */
      get width() {
        return isTerminal ? Math.max(40, Math.min(stream.columns || 80, 120)) : 100;
      },
      /** @param {string} text */
      write: (text) => {
        if (isOpen) stream.write(redact(text));
      },
      /** @param {Style} style @param {string} text */
      paint: (style, text) =>
        mayColour && hasColour(isTerminal, env)
          ? /** @type {any} */ (styleText)(style, text, { validateStream: false })
          : text,
    };
  };

  /** @param {string} text */
  const redact = (text) => {
    let clean = text.replace(TOKEN, '[token]');
    for (const secret of secrets) clean = clean.replaceAll(secret, '[API key]');
    return clean;
  };

  return {
    out: open(stdout),
    err: open(stderr),
    redact,
    /** @param {string | undefined} secret */
    keepSecret(secret) {
      if (secret !== undefined && secret.length >= SECRET_LENGTH) secrets = [...secrets, secret];
    },
    withoutColour() {
      mayColour = false;
    },
  };
}

/**
 * @param {boolean} isTerminal
 * @param {NodeJS.ProcessEnv} env
 */
function hasColour(isTerminal, env) {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0';
  return isTerminal && env.TERM !== 'dumb';
}

module.exports = { createConsole };
