'use strict';

const { readFileSync } = require('node:fs');
const { usageFailure } = require('./failure.js');

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * @param {string} option
 * @param {string} file
 * @param {string} needed for people
 */
function readObject(option, file, needed) {
  let value;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw usageFailure(`${option} ${file} cannot be read: ${error.message}`);
  }
  if (!isObject(value)) throw usageFailure(`${option} ${file} must hold ${needed}`);
  return value;
}

module.exports = { isObject, readObject };
