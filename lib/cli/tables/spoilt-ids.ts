/** Error values of spreadsheets that end in no mark, in several languages. */
const CELL_ERRORS = new Set(
  [
    ['#N/A', '#NA', '#N/A N/A', '#ND', '#N/D', '#N/B', '#NV', '#I/T', '#YOK', '#BRAK', '#Н/Д'],
    ['#HIÁNYZIK', '#NENÍ_K_DISPOZICI', '#GETTING_DATA', '#LOADING', '#LOADING...'],
    ['-1.#IND', '1.#IND', '1.#INF', '-1.#INF', '1.#QNAN', '-1.#QNAN'],
  ].flat(),
);

/** `#REF!`, `#NAME?`, `#¡VALOR!`, `#ДЕЛ/0!`, and the `####` of a column that is too narrow. */
const CELL_ERROR = /^(#[¡¿]?[\p{L}\d/_]+[!?]|#{3,})$/u;

/** Placeholders that programs write for a missing value. */
const NOTHING = new Set([
  'null',
  'nil',
  'none',
  'nan',
  '-nan',
  'undefined',
  'n/a',
  '(null)',
  '<null>',
  '[null]',
  '<na>',
  '\\n',
  '[object object]',
  'invalid date',
]);

/** The same, for a dash or a question mark; `NA` only as statistics programs write it. */
const MARKS = /^([-–—?]{1,3}|NA)$/;

/**
 * A number with too many digits, as spreadsheets show it: `1.23457E+17`, `1,23E+17`, `1E+17`. Ids such as `12E5` do not
 * match: there must be a decimal mark within the digits, or a sign before the exponent.
 */
const EXPONENT = /^[+-]?(\d+[.,]\d+e[+-]?\d{1,4}|\de\+\d{2,4})$/i;

/** What happened to an id, and how to fix it. */
const WHY = {
  number:
    'a spreadsheet read the column as numbers and lost their last digits. Export it from its source again and open it as text (in Excel: Data, From Text/CSV, column type Text)',
  error:
    'a spreadsheet wrote an error into the cell. Fix its formula, or export the column as text from its source',
  nothing:
    'a program or a spreadsheet wrote it for a missing value. Leave the cell blank if there is no value, and export the column as text',
};

export { CELL_ERROR, CELL_ERRORS, EXPONENT, MARKS, NOTHING, WHY };
