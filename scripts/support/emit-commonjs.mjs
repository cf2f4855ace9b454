// Turns one source file into JavaScript with the same lines and columns: see docs/decisions/typescript-source.md.
import { blankSourceFile } from 'ts-blank-space';
import ts from 'typescript';

/** @typedef {{ start: number, end: number, text: string }} Edit */

/**
 * @param {string} file for messages; must end in `.ts`
 * @param {string} text
 * @returns {string} CommonJS; syntax without such a form is refused with its line
 */
export function emit(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const blank = blankSourceFile(source, (node) =>
    refuse(node, 'this syntax cannot be erased: write it as JavaScript with types'),
  );
  /** @type {Edit[]} */
  const edits = [];
  const statements = source.statements.filter((one) => !isType(one));
  const first = statements[0];
  if (first !== undefined) {
    const start = first.getStart();
    // In a line of its own if one is free, so that the first statement keeps its columns, too.
    const free = blank.slice(0, start).search(/^[ \t]*$(?=\n)/m);
    edits.push(free < 0 ? insertion(start, "'use strict'; ") : insertion(free, "'use strict';"));
  }
  for (const statement of source.statements) {
    if (isType(statement)) edits.push(...commentsOf(statement));
    else if (ts.isImportDeclaration(statement)) edits.push(...importEdits(statement));
    else if (ts.isExportDeclaration(statement)) {
      if (statement !== statements.at(-1)) refuse(statement, 'put exports at the end of the file');
      edits.push(...exportEdits(statement));
    } else if (isExported(statement)) {
      refuse(statement, 'export values in one list, at the end of the file');
    }
  }
  return apply(blank, edits).replace(/[ \t]+$/gm, '');
}

/**
 * A comment on a type is useless without it, so it is blanked too. @param {ts.Statement} statement @returns {Edit[]}
 */
function commentsOf(statement) {
  const { text } = statement.getSourceFile();
  if (!ts.isInterfaceDeclaration(statement) && !ts.isTypeAliasDeclaration(statement)) return [];
  return (ts.getLeadingCommentRanges(text, statement.pos) ?? [])
    .filter(({ pos }) => text.startsWith('/**', pos))
    .map(({ pos, end }) => ({
      start: pos,
      end,
      text: text.slice(pos, end).replace(/[^\n]/g, ' '),
    }));
}

/** @param {ts.ImportDeclaration} statement @returns {Edit[]} */
function importEdits(statement) {
  const { importClause, moduleSpecifier } = statement;
  const named = importClause?.namedBindings;
  if (named === undefined || importClause?.name !== undefined) {
    return refuse(statement, 'import names in braces, or everything with *');
  }
  const start = statement.getStart();
  const specifier = moduleSpecifier.getText();
  const from = { start: named.end, end: moduleSpecifier.end, text: ` = require(${specifier})` };
  const keyword = { start, end: start + 'import'.length, text: 'const' };
  if (ts.isNamespaceImport(named)) {
    return [keyword, { start: named.getStart(), end: named.name.getStart(), text: '' }, from];
  }
  return [
    keyword,
    ...named.elements.flatMap(({ propertyName, name, isTypeOnly }) => {
      if (propertyName === undefined || isTypeOnly) return [];
      return [{ start: propertyName.end, end: name.getStart(), text: ': ' }];
    }),
    from,
  ];
}

/** @param {ts.ExportDeclaration} statement @returns {Edit[]} */
function exportEdits(statement) {
  const { exportClause, moduleSpecifier } = statement;
  if (moduleSpecifier !== undefined || !exportClause || !ts.isNamedExports(exportClause)) {
    return refuse(statement, 'export names of this file, in braces');
  }
  const start = statement.getStart();
  return [
    { start, end: start + 'export'.length, text: 'module.exports =' },
    ...exportClause.elements.flatMap(({ propertyName, name, isTypeOnly }) => {
      if (propertyName === undefined || isTypeOnly) return [];
      const [from, to] = [propertyName.getText(), name.getText()];
      return [{ start: propertyName.getStart(), end: name.end, text: `${to}: ${from}` }];
    }),
  ];
}

/** @param {ts.Node} node @param {string} why @returns {never} */
function refuse(node, why) {
  const source = node.getSourceFile();
  const { line, character } = source.getLineAndCharacterOfPosition(node.getStart());
  throw new Error(`${source.fileName}:${line + 1}:${character + 1}: ${why}`);
}

/** @param {number} start @param {string} text @returns {Edit} */
const insertion = (start, text) => ({ start, end: start, text });

/** @param {ts.Statement} statement */
const isType = (statement) =>
  ts.isInterfaceDeclaration(statement) ||
  ts.isTypeAliasDeclaration(statement) ||
  (ts.isImportDeclaration(statement) && statement.importClause?.isTypeOnly === true) ||
  (ts.isExportDeclaration(statement) && statement.isTypeOnly);

/** @param {ts.Statement} statement */
const isExported = (statement) =>
  ts.isExportAssignment(statement) ||
  (ts.canHaveModifiers(statement) &&
    ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true);

/**
 * Blanks have the length of the text that they replace, so that positions in the source stay valid. @param {string}
 * text @param {Edit[]} edits
 */
function apply(text, edits) {
  let result = '';
  let at = 0;
  for (const { start, end, text: put } of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(at, start) + put;
    at = end;
  }
  return result + text.slice(at);
}
