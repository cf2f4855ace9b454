/** `docs/cli.md` says the same, held to it by a test. */
const EXIT = Object.freeze({
  OK: 0,
  /** It ran, and something is left over: records refused, fields missing. */
  LEFTOVER: 1,
  USAGE: 2,
  /** Not configured, key not accepted, permission missing, sync switched off. */
  CONFIG: 3,
  UNREACHABLE: 4,
  INPUT: 5,
  /** A fault of this program; sysexits' EX_SOFTWARE. */
  BUG: 70,
  HUNG_UP: 129,
  INTERRUPTED: 130,
  TERMINATED: 143,
});

export { EXIT };
