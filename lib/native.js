'use strict';

/**
 * The native addon, or an error that says what was looked for and what to do.
 * @type {typeof import('../native.js')}
 */
let native;
try {
  native = require('../native.js');
} catch (cause) {
  throw new Error(
    `twenty-crm-native has no binary for ${process.platform}-${process.arch} (Node ${process.version}). ` +
      'From a git checkout, run `npm run build` (needs Rust). In a Next.js application, name the package in ' +
      '`serverExternalPackages`, and use it in the Node.js runtime only, never in the edge runtime.',
    { cause },
  );
}

module.exports = native;
