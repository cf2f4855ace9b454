// The declarations of index.d.ts, read with TypeScript. TypeScript 7 has no JavaScript API; version 5 has.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** @type {typeof import('typescript')} */
const ts = createRequire(import.meta.url)('typescript');

const entry = fileURLToPath(new URL('../../index.d.ts', import.meta.url));
const program = ts.createProgram([entry], {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: [],
});
const checker = program.getTypeChecker();
const exported = checker
  .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)))
  .map((symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  );

const declarationsOf = (symbol) => symbol.declarations ?? [];

/** Names of all values that exist at run time. */
export const declaredValues = exported
  .filter((symbol) => symbol.flags & ts.SymbolFlags.Value)
  .map((symbol) => symbol.name)
  .sort();

/**
 * Every `@default` tag of a public interface, with the text of its value.
 * @type {{ owner: string, name: string, text: string }[]}
 */
export const defaultTags = exported.flatMap((symbol) =>
  declarationsOf(symbol)
    .filter(ts.isInterfaceDeclaration)
    .flatMap((declaration) =>
      declaration.members.flatMap((member) =>
        ts
          .getJSDocTags(member)
          .filter((tag) => tag.tagName.text === 'default')
          .map((tag) => ({
            owner: symbol.name,
            name: member.name.getText(),
            text: ts.getTextOfJSDocComment(tag.comment) ?? '',
          })),
      ),
    ),
);

/** Names of a public interface's members, including inherited ones. @param {string} name */
export function declaredMembers(name) {
  const symbol = exported.find((one) => one.name === name);
  return checker
    .getDeclaredTypeOfSymbol(symbol)
    .getProperties()
    .map((property) => property.name)
    .sort();
}

const isDocumented = (node) =>
  ts.getJSDocCommentsAndTags(node).some(({ comment, tags }) => comment || tags?.length);

/** Names of the declared methods, by class; a symbol's as `[Symbol.asyncDispose]`. */
export const declaredMethods = Object.fromEntries(
  exported.flatMap((symbol) =>
    declarationsOf(symbol)
      .filter(ts.isClassDeclaration)
      .map((declaration) => {
        const methods = declaration.members.filter(ts.isMethodDeclaration);
        return [symbol.name, [...new Set(methods.map(({ name }) => name.getText()))].sort()];
      }),
  ),
);

const isMember = (node) =>
  ts.isTypeElement(node) || ts.isClassElement(node) || ts.isEnumMember(node);

/** Declarations without a name, for which an editor shows no comment: index signatures. */
const needsNoComment = (node) =>
  ts.isIndexSignatureDeclaration(node) ||
  Boolean(ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private);

/** Members at every depth, including those of object types in parameters and fields. */
function undocumentedMembers(node, place) {
  const found = [];
  ts.forEachChild(node, (child) => {
    const isOne = isMember(child) && !needsNoComment(child);
    const name = isOne ? `${place}.${child.name?.getText() ?? 'constructor'}` : place;
    if (isOne && !isDocumented(child)) found.push(name);
    found.push(...undocumentedMembers(child, name));
  });
  return found;
}

/**
 * Names without a doc comment that a caller can see: exports, the types they extend, and members, options and fields as
 * `Owner.name`. A variable's comment is on its statement.
 */
export const undocumented = declarationsIn('types').flatMap((statement) => {
  const [declaration] = ts.isVariableStatement(statement)
    ? statement.declarationList.declarations
    : [statement];
  const name = declaration.name.getText();
  return [...(isDocumented(statement) ? [] : [name]), ...undocumentedMembers(statement, name)];
});

/** @param {string} folder */
function declarationsIn(folder) {
  const inside = path.join(path.dirname(entry), folder, path.sep);
  return program
    .getSourceFiles()
    .filter(({ fileName }) => path.normalize(fileName).startsWith(inside))
    .flatMap(({ statements }) => [...statements])
    .filter((one) => !ts.isImportDeclaration(one) && !ts.isExportDeclaration(one))
    .filter((one) => !ts.isModuleDeclaration(one));
}
