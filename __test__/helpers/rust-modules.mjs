// Which module of a Rust crate uses which. A module is a file.
import { rustSources, withoutTests, withoutTexts } from '../../scripts/support/rust-code.mjs';

/**
 * @typedef {object} Module
 * @property {string} name its path in the crate, such as `core::http::client`
 * @property {string} code without tests, comments and strings
 * @property {Set<string>} children modules in its folder
 * @property {Map<string, string>} imports full paths by local name
 */

/**
 * Edges from each module to those that it uses.
 *
 * A re-exported name (`pub use`, or a `use` that children see) counts as the module that defines it.
 * @param {string} folder of the crate's sources
 * @param {(name: string) => boolean} isWanted
 * @returns {Map<string, Set<string>>}
 */
export function rustUses(folder, isWanted) {
  const modules = readModules(folder);
  const edges = new Map();
  for (const module of modules.values()) {
    if (!isWanted(module.name)) continue;
    const targets = pathsIn(module).map((path) => definedIn(modules, path));
    edges.set(
      module.name,
      new Set(targets.filter((target) => target !== module.name && isWanted(target))),
    );
  }
  return edges;
}

/** @param {string} name @returns {string} */
export function parentOf(name) {
  return name.split('::').slice(0, -1).join('::');
}

/** @param {string} folder @returns {Map<string, Module>} */
function readModules(folder) {
  const modules = new Map();
  for (const [file, text] of rustSources(folder)) {
    const name = file.replace(/(^|\/)(mod|lib|main)\.rs$|\.rs$/, '').replaceAll('/', '::');
    const code = withoutTexts(withoutTests(text));
    modules.set(name, { name, code, children: new Set(), imports: new Map() });
  }
  for (const module of modules.values()) {
    if (module.name !== '') modules.get(parentOf(module.name))?.children.add(module.name);
  }
  for (const module of modules.values()) readImports(module);
  return modules;
}

/** @param {Module} module */
function readImports(module) {
  for (const [, tree] of module.code.matchAll(/\buse ([^;]+);/g)) {
    for (const { path, alias } of leaves(tree.replaceAll(/\s+/g, ' ').trim(), '')) {
      module.imports.set(alias, absolute(module, path) ?? `::${path}`);
    }
  }
}

/**
 * The paths of a `use`, with groups expanded.
 * @param {string} tree @param {string} prefix
 * @returns {Generator<{ path: string, alias: string }>}
 */
function* leaves(tree, prefix) {
  const brace = tree.indexOf('{');
  if (brace < 0) {
    const [path, alias] = `${prefix}${tree}`.split(' as ');
    const whole = path.replace(/::self$/, '');
    yield { path: whole, alias: (alias ?? whole.split('::').at(-1) ?? '').trim() };
    return;
  }
  const inner = tree.slice(brace + 1, tree.lastIndexOf('}'));
  for (const part of topLevel(inner)) yield* leaves(part, prefix + tree.slice(0, brace));
}

/** @param {string} list @returns {string[]} its parts between commas outside of braces */
function topLevel(list) {
  const parts = [''];
  let depth = 0;
  for (const character of list) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/**
 * @param {Module} module where it is written
 * @param {string} path
 * @returns {string | undefined} the path in the crate; undefined for another crate's, or a local name
 */
function absolute(module, path) {
  const parts = path.split('::');
  let base = '';
  if (parts[0] === 'crate') parts.shift();
  else if (parts[0] === 'self' || parts[0] === 'super') {
    base = module.name;
    for (; parts[0] === 'super' || parts[0] === 'self'; ) {
      if (parts.shift() === 'super') base = parentOf(base);
    }
  } else if (module.children.has(joined(module.name, parts[0]))) base = module.name;
  else return undefined;
  return joined(base, parts.join('::'));
}

/** @param {string} base @param {string} rest */
function joined(base, rest) {
  return base === '' || rest === '' ? base + rest : `${base}::${rest}`;
}

/** @param {Module} module @returns {string[]} paths in the crate that its code names, those of `use` included */
function pathsIn(module) {
  const paths = [];
  const reexports = /\bpub(?:\([^)]*\))? use [^;]+;/g;
  const code = module.code.replaceAll(reexports, '');
  for (const [, tree] of code.matchAll(/\buse ([^;]+);/g)) {
    for (const { path } of leaves(tree.replaceAll(/\s+/g, ' ').trim(), '')) {
      paths.push(absolute(module, path));
    }
  }
  for (const [path] of code.replaceAll(/\buse [^;]+;/g, '').matchAll(/\b\w+(?:::\w+)+/g)) {
    const [head, ...rest] = path.split('::');
    const imported = module.imports.get(head);
    paths.push(imported === undefined ? absolute(module, path) : joined(imported, rest.join('::')));
  }
  return paths.filter((path) => path !== undefined && !path.startsWith('::'));
}

/**
 * @param {Map<string, Module>} modules
 * @param {string} path
 * @param {number} [steps] maximum number of re-exports to follow
 * @returns {string} the module that defines the path's target
 */
function definedIn(modules, path, steps = 8) {
  const parts = path.split('::');
  let name = '';
  while (parts.length > 0 && modules.has(joined(name, parts[0]))) {
    name = joined(name, /** @type {string} */ (parts.shift()));
  }
  const passedOn = parts.length > 0 ? modules.get(name)?.imports.get(parts[0]) : undefined;
  if (passedOn === undefined || steps === 0 || passedOn.startsWith('::')) return name;
  return definedIn(modules, joined(passedOn, parts.slice(1).join('::')), steps - 1);
}
