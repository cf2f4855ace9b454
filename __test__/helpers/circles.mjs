// Cycles in a graph of modules.

/** @typedef {Map<string, Set<string>>} Edges */

/**
 * The strongly connected components of more than one module (Tarjan), sorted.
 * @param {Edges} edges
 * @returns {string[][]}
 */
export function circles(edges) {
  /** @type {Map<string, { index: number, low: number, isOpen: boolean }>} */
  const seen = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @type {string[][]} */
  const found = [];
  const visit = (/** @type {string} */ name) => {
    const node = { index: seen.size, low: seen.size, isOpen: true };
    seen.set(name, node);
    stack.push(name);
    for (const to of edges.get(name) ?? []) {
      const other = seen.get(to) ?? visit(to);
      if (other.isOpen) node.low = Math.min(node.low, other.low);
    }
    if (node.low === node.index) {
      const members = stack.splice(stack.indexOf(name));
      for (const member of members) Object.assign(seen.get(member) ?? {}, { isOpen: false });
      if (members.length > 1) found.push(members.sort());
    }
    return node;
  };
  for (const name of edges.keys()) if (!seen.has(name)) visit(name);
  return found.sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

/**
 * A component as text: each module with those of the same component that it imports.
 * @param {Edges} edges
 * @param {string[]} members
 */
export function shownCircle(edges, members) {
  const lines = members.map((name) => {
    const targets = [...(edges.get(name) ?? [])].filter((to) => members.includes(to));
    return `  ${name} -> ${targets.sort().join(', ')}`;
  });
  return `a circle of ${members.length} modules:\n${lines.join('\n')}`;
}
