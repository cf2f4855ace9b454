// Prints the package's public declarations as the compiler resolves them, with comments: one line for each member.
// Compare two versions with `diff`.
//   node scripts/public-api.mjs [FOLDER]    of this checkout, or of the one in FOLDER
import path from 'node:path';
import ts from 'typescript';
import { isMain, root } from './support/process.mjs';

const FORMAT =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope |
  ts.TypeFormatFlags.WriteArrowStyleSignature;

/** @param {string} folder @returns {string[]} */
export function publicApi(folder) {
  const entry = path.join(folder, 'index.d.ts');
  const program = ts.createProgram([entry], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const file = /** @type {ts.SourceFile} */ (program.getSourceFile(entry));
  const module = /** @type {ts.Symbol} */ (checker.getSymbolAtLocation(file));
  const exported = checker.getExportsOfModule(module).map((symbol) => ({
    name: symbol.name,
    symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  }));
  exported.sort((a, b) => (a.name < b.name ? -1 : 1));
  const printer = new Printer(checker);
  return exported.flatMap(({ name, symbol }) => printer.linesOf(name, symbol));
}

class Printer {
  /** @param {ts.TypeChecker} checker */
  constructor(checker) {
    this.checker = checker;
  }

  /** @param {string} name @param {ts.Symbol} symbol @returns {string[]} */
  linesOf(name, symbol) {
    const lines = [`${kindOf(symbol)} ${name}${this.parametersOf(symbol)}${this.comment(symbol)}`];
    if (symbol.flags & ts.SymbolFlags.TypeAlias) {
      const type = this.checker.getDeclaredTypeOfSymbol(symbol);
      const flags = FORMAT | ts.TypeFormatFlags.InTypeAlias;
      lines.push(`  = ${this.checker.typeToString(type, undefined, flags)}`);
      if (!type.isUnion()) lines.push(...this.members(type));
    } else if (symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)) {
      lines.push(...this.members(this.checker.getDeclaredTypeOfSymbol(symbol)));
    }
    if (symbol.flags & ts.SymbolFlags.Value) {
      const type = this.checker.getTypeOfSymbol(symbol);
      if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Enum)) {
        lines.push(...this.signatures('new', type.getConstructSignatures()));
        lines.push(...this.members(type).filter((line) => !line.startsWith('  prototype')));
      } else {
        lines.push(...this.signatures('', type.getCallSignatures()));
        if (type.getCallSignatures().length === 0) {
          lines.push(
            `  : ${this.checker.typeToString(type, undefined, FORMAT)}`,
            ...this.members(type),
          );
        }
      }
    }
    return lines;
  }

  /** @param {ts.Type} type @returns {string[]} */
  members(type) {
    return this.checker.getPropertiesOfType(type).flatMap((property) => {
      const one = this.checker.getTypeOfSymbol(property);
      const optional = property.flags & ts.SymbolFlags.Optional ? '?' : '';
      const declaration = property.valueDeclaration;
      const readonly =
        declaration && ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Readonly
          ? 'readonly '
          : '';
      const calls = one.getCallSignatures();
      if (property.flags & ts.SymbolFlags.Method && calls.length > 0) {
        return this.signatures(property.name + optional, calls);
      }
      const text = this.checker.typeToString(one, undefined, FORMAT);
      return [`  ${readonly}${property.name}${optional}: ${text}${this.comment(property)}`];
    });
  }

  /** @param {string} name @param {readonly ts.Signature[]} all @returns {string[]} */
  signatures(name, all) {
    return all.map(
      (one) =>
        `  ${name}${this.checker.signatureToString(one, undefined, FORMAT)}${commentOf(
          one.getDocumentationComment(this.checker),
          one.getJsDocTags(),
        )}`,
    );
  }

  /** @param {ts.Symbol} symbol */
  comment(symbol) {
    return commentOf(
      symbol.getDocumentationComment(this.checker),
      symbol.getJsDocTags(this.checker),
    );
  }

  /** @param {ts.Symbol} symbol */
  parametersOf(symbol) {
    const declaration = symbol.declarations?.find(
      (one) =>
        ts.isInterfaceDeclaration(one) ||
        ts.isTypeAliasDeclaration(one) ||
        ts.isClassDeclaration(one),
    );
    const parameters = /** @type {ts.InterfaceDeclaration | undefined} */ (declaration)
      ?.typeParameters;
    return parameters === undefined ? '' : `<${parameters.map((one) => one.getText()).join(', ')}>`;
  }
}

/** @param {ts.SymbolDisplayPart[]} parts @param {ts.JSDocTagInfo[]} tags */
function commentOf(parts, tags) {
  const text = [
    ts.displayPartsToString(parts),
    ...tags.map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`.trim()),
  ].filter(Boolean);
  return text.length === 0 ? '' : ` // ${text.join(' ').replace(/\s+/g, ' ')}`;
}

/** @param {ts.Symbol} symbol */
function kindOf({ flags }) {
  if (flags & ts.SymbolFlags.Class) return 'class';
  if (flags & ts.SymbolFlags.Enum) return 'enum';
  if (flags & ts.SymbolFlags.Interface) return 'interface';
  if (flags & ts.SymbolFlags.TypeAlias) return 'type';
  return flags & ts.SymbolFlags.Function ? 'function' : 'const';
}

if (isMain(import.meta.url)) {
  console.log(publicApi(path.resolve(root, process.argv[2] ?? '.')).join('\n'));
}
