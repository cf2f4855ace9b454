'use strict';

const { callNow } = require('../dispatcher.js');
const native = require('../native.js');
const { toJson } = require('../serialise.js');

/** @param {import('../../index.js').MappingInput} mapping */
function hashOf({ versionHash, dataForHash }) {
  if (versionHash) return versionHash;
  const json = toJson('dataForHash', dataForHash);
  return json === undefined ? null : callNow(() => native.versionHash(json));
}

module.exports = { hashOf };
