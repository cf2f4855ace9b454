'use strict';

const { call, callNow } = require('../dispatcher.js');
const { TwentyCrmApiError } = require('../errors.js');

/** @param {(dispatcher: import('../../native.js').Dispatcher, id: number) => void} start */
async function ask(start) {
  const answer = await call((dispatcher, id) => start(dispatcher, id), undefined);
  if (answer.ok) return JSON.parse(answer.text);
  throw new TwentyCrmApiError(answer.error);
}

module.exports = { ask, construct: callNow };
