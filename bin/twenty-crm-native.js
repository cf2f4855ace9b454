#!/usr/bin/env node
'use strict';

const { main } = require('../lib/cli/main.js');

// Not `process.exit`: output that is still being written to a pipe would be lost.
main(process).then((exitCode) => {
  process.exitCode = exitCode;
});
