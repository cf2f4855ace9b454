/** `docs/cli.md` lists the same codes; a test compares them. */
const EXIT = Object.freeze({
  OK: 0,
  /** It ran, but something is left: records were refused or fields are missing. */
  LEFTOVER: 1,
  USAGE: 2,
  /** Not configured, key not accepted, permission missing, or sync switched off. */
  CONFIG: 3,
  UNREACHABLE: 4,
  INPUT: 5,
  /** A bug in this program; EX_SOFTWARE of sysexits. */
  BUG: 70,
  HUNG_UP: 129,
  INTERRUPTED: 130,
  TERMINATED: 143,
});

export { EXIT };
