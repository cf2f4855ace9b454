// Writes types/values.d.ts: the declarations of everything that index.js exports, from the sources of lib/. Interfaces
// and other pure types are written by hand in types/.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { root } from './process.mjs';

const HEAD = '// Generated from lib/ by scripts/build-lib.mjs: what exists at run time.\n';

/** Names declared in the files that mirror the template. */
const MIRRORED = /^twenty-crm-.*\.types\.d\.ts$/;

/** @typedef {{ name: string, file: string, local: string }} PublicValue */

/** @param {string} file */
const read = (file) => readFileSync(path.join(root, file), 'utf8');

/** @param {string} name @param {string} text */
const parse = (name, text) => ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);

/** @returns {string} the text of types/values.d.ts */
export function emitTypes() {
  const homes = typeHomes();
  const values = publicValues().filter(({ name }) => !MIRRORED.test(homes.get(name) ?? ''));
  const names = new Set(values.map(({ name }) => name));
  /** @type {Map<string, Set<string>>} */
  const imports = new Map();
  const parts = [...new Set(values.map(({ file }) => file))].map((file) => {
    const own = values.filter((value) => value.file === file);
    return declarationsOf(file, own, (name) => {
      if (names.has(name)) return;
      const home = homes.get(name);
      if (home === undefined)
        throw new Error(`${file}: ${name} is used in a public declaration, but is not public`);
      const from = home.replace(/\.d\.ts$/, '.js');
      imports.set(from, (imports.get(from) ?? new Set()).add(name));
    });
  });
  const lines = [...imports]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([from, some]) => `import type { ${[...some].sort().join(', ')} } from './${from}';`);
  const list = [...names].sort().map((name) => `  ${name},\n`);
  return `${HEAD}${lines.join('\n')}\n\n${parts.join('\n')}\nexport {\n${list.join('')}};\n`;
}

/** The exports of index.js, and their modules. @returns {PublicValue[]} */
function publicValues() {
  const text = read('index.js');
  const modules = new Map(
    [...text.matchAll(/^const (\w+) = require\('\.\/([^']+)\.js'\);/gm)].map(([, name, file]) => [
      name,
      file,
    ]),
  );
  const direct = text.matchAll(
    /^exports\.(\w+) =\s*(?:require\('\.\/([^']+)\.js'\)|(\w+))\.(\w+);/gm,
  );
  const later = text.matchAll(
    /^Object\.defineProperty\(exports, '(\w+)', \{\s*enumerable: true,\s*get: \(\) => require\('\.\/([^']+)\.js'\)()\.(\w+),/gm,
  );
  return [...direct, ...later].map(([, name, file, module, exported]) => {
    const from = `${file ?? modules.get(module)}.ts`;
    if (name !== exported) throw new Error(`index.js: ${name} is ${exported} of ${from}`);
    return { name, file: from, local: exported };
  });
}

/** The file of types/ that declares each public type. @returns {Map<string, string>} */
function typeHomes() {
  const homes = new Map();
  for (const file of readdirSync(path.join(root, 'types')).sort()) {
    if (file === 'values.d.ts') continue;
    const names = read(`types/${file}`).matchAll(
      /^export (?:declare )?(?:interface|type|class|enum|function|const) (\w+)/gm,
    );
    for (const [, name] of names) homes.set(name, file);
  }
  return homes;
}

/**
 * @param {string} file
 * @param {PublicValue[]} values
 * @param {(name: string) => void} use called for every type that a declaration names
 */
function declarationsOf(file, values, use) {
  const text = read(file);
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(text, {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: {
      isolatedDeclarations: true,
      declaration: true,
      target: ts.ScriptTarget.ES2022,
    },
  });
  const source = parse(file, text);
  const declared = parse(file, outputText);
  const wanted = new Set(values.map(({ local }) => local));
  const nameOf = (/** @type {ts.Statement} */ one) =>
    ts.isVariableStatement(one)
      ? one.declarationList.declarations[0].name.getText()
      : /** @type {ts.DeclarationStatement} */ (one).name?.getText();
  // Types that are local to the file belong to its declarations.
  for (let before = -1; before < wanted.size; ) {
    before = wanted.size;
    for (const one of declared.statements) {
      if (!wanted.has(nameOf(one) ?? '')) continue;
      for (const name of namesIn(one)) {
        if (
          declared.statements.some(
            (other) => !ts.isImportDeclaration(other) && nameOf(other) === name,
          )
        )
          wanted.add(name);
      }
    }
  }
  for (const { start = 0, messageText } of diagnostics) {
    const within = source.statements.find((one) => one.pos <= start && start < one.end);
    if (within !== undefined && wanted.has(nameOf(within) ?? '')) {
      const { line } = source.getLineAndCharacterOfPosition(start);
      throw new Error(`${file}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    }
  }
  /** @type {Map<string, string>} the name in the file, and the one where it comes from */
  const imported = new Map();
  for (const one of declared.statements) {
    const named = ts.isImportDeclaration(one) ? one.importClause?.namedBindings : undefined;
    if (named === undefined || !ts.isNamedImports(named)) continue;
    for (const { name, propertyName } of named.elements) {
      imported.set(name.text, (propertyName ?? name).text);
    }
  }
  return declared.statements
    .filter((one) => wanted.has(nameOf(one) ?? ''))
    .map((one) => textOf(one, outputText, imported, use))
    .join('\n');
}

/** @param {ts.Node} node @returns {Set<string>} */
function namesIn(node) {
  const names = new Set();
  /** @param {ts.Node} one */
  const visit = (one) => {
    if (ts.isIdentifier(one)) names.add(one.text);
    ts.forEachChild(one, visit);
  };
  visit(node);
  return names;
}

/**
 * One declaration as users see it: without private and internal members, and with the original names of imports.
 * @param {ts.Statement} statement
 * @param {string} text
 * @param {Map<string, string>} imported
 * @param {(name: string) => void} use
 */
function textOf(statement, text, imported, use) {
  /** @type {{ start: number, end: number, text: string }[]} */
  const edits = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    const isHidden =
      ts.isClassElement(node) &&
      ((node.name !== undefined && ts.isPrivateIdentifier(node.name)) ||
        ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal'));
    // The compiler, which sees only one file, adds a property for a method with a symbol name.
    const isDouble =
      ts.isPropertyDeclaration(node) &&
      ts.isComputedPropertyName(node.name) &&
      node.parent.members.some(
        (one) => ts.isMethodDeclaration(one) && one.name.getText() === node.name.getText(),
      );
    if (isHidden || isDouble) {
      edits.push({ start: node.getFullStart(), end: node.end, text: '' });
      return;
    }
    if (ts.isIdentifier(node) && imported.has(node.text) && isTypeName(node)) {
      const name = /** @type {string} */ (imported.get(node.text));
      use(name);
      if (name !== node.text) edits.push({ start: node.getStart(), end: node.end, text: name });
    }
    ts.forEachChild(node, visit);
  };
  visit(statement);
  let result = text.slice(statement.getFullStart(), statement.end);
  for (const edit of edits.sort((a, b) => b.start - a.start)) {
    const at = edit.start - statement.getFullStart();
    result = result.slice(0, at) + edit.text + result.slice(at + edit.end - edit.start);
  }
  const spaced = result.replace(/^ +/gm, (blank) => ' '.repeat(Math.ceil(blank.length / 2)));
  return `${spaced.trim()}\n`.replace(/^export /gm, '');
}

/** @param {ts.Identifier} node */
const isTypeName = ({ parent }) =>
  ts.isTypeReferenceNode(parent) ||
  ts.isExpressionWithTypeArguments(parent) ||
  ts.isTypeQueryNode(parent) ||
  ts.isQualifiedName(parent);
