// What index.d.ts declares, read with TypeScript's own eyes. TypeScript 7 has no JavaScript API, version 5 has.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** @type {typeof import('typescript5')} */
const ts = createRequire(import.meta.url)('typescript5');

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

/** Names of everything that exists at run time. */
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

const isDocumented = (node) => ts.getJSDocCommentsAndTags(node).length > 0;

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

/** Public names, and methods as `Class.method`, without a doc comment. */
export const undocumented = exported.flatMap((symbol) =>
  declarationsOf(symbol).flatMap((declaration) => {
    // A variable's comment stands before its statement.
    const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    const methods = ts.isClassDeclaration(declaration)
      ? declaration.members.filter(ts.isMethodDeclaration)
      : [];
    return [
      ...(isDocumented(node) ? [] : [symbol.name]),
      ...methods
        .filter((method) => !isDocumented(method))
        .map((m) => `${symbol.name}.${m.name.getText()}`),
    ];
  }),
);
