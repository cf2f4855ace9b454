'use strict';
const { signTwentyWebhook } = require('./lib/sign.js');
const { startTwentySim } = require('./lib/start.js');

module.exports = { signTwentyWebhook, startTwentySim };
