/* The rule as the builder holds it, and as JSON.

   A group has a mode: "all", "any", "none" (not any) or "notAll" (not all); a condition has field,
   op and value, which is undefined until something was entered. */

let lastId = 0;
const newId = () => `rule-${(lastId += 1)}`;

export const newGroup = (mode = "all", parts = []) => ({ id: newId(), mode, parts });

export const newCondition = (field = "", op = "", value = undefined) => ({
  id: newId(), field, op, value, isTouched: false,
});

export const isGroup = (node) => Array.isArray(node.parts);

/** The builder's tree of a rule; a lone condition is put into a group. */
export function fromJson(data) {
  const node = read(data);
  return isGroup(node) ? node : newGroup("all", [node]);
}

function read(data) {
  if (!data || typeof data !== "object") return newCondition();
  if (Array.isArray(data.all)) return newGroup("all", data.all.map(read));
  if (Array.isArray(data.any)) return newGroup("any", data.any.map(read));
  if ("not" in data) return readNegated(data.not);
  const condition = newCondition(data.field, data.op, data.value);
  condition.isTouched = true;
  return condition;
}

function readNegated(inner) {
  if (inner && Array.isArray(inner.all)) return newGroup("notAll", inner.all.map(read));
  if (inner && Array.isArray(inner.any)) return newGroup("none", inner.any.map(read));
  return newGroup("none", [read(inner)]);
}

const join = (path, step) => (path ? `${path}.${step}` : step);

/** The rule as JSON. `places` is filled with the node at each path that an error may name. */
export function toJson(node, places = new Map(), path = "") {
  places.set(path, node);
  if (!isGroup(node)) {
    const { field, op, value } = node;
    return value === undefined ? { field, op } : { field, op, value };
  }
  const isNegated = node.mode === "none" || node.mode === "notAll";
  const key = node.mode === "any" || node.mode === "none" ? "any" : "all";
  const inner = isNegated ? join(path, "not") : path;
  if (isNegated && node.parts.length === 1) {
    return { not: toJson(node.parts[0], places, inner) };
  }
  const group = {
    [key]: node.parts.map((part, index) => toJson(part, places, join(inner, `${key}[${index}]`))),
  };
  return isNegated ? { not: group } : group;
}

/** The node an error's path points into: the longest beginning of it that is a place. */
export function nodeAt(path, places) {
  let place = path;
  while (!places.has(place)) place = place.replace(/\.?[^.[\]]+$|\[\d+\]$/, "");
  return places.get(place);
}

/** The group that holds a node, or null for the root. */
export function parentOf(group, node) {
  if (group.parts.includes(node)) return group;
  for (const part of group.parts.filter(isGroup)) {
    const found = parentOf(part, node);
    if (found) return found;
  }
  return null;
}

export function removeNode(root, node) {
  const parent = parentOf(root, node);
  parent.parts = parent.parts.filter((part) => part !== node);
}

/** Swap a node with its neighbour, `step` places on; answers whether there was one. */
export function moveNode(root, node, step) {
  const { parts } = parentOf(root, node);
  const from = parts.indexOf(node);
  const to = from + step;
  if (to < 0 || to >= parts.length) return false;
  [parts[from], parts[to]] = [parts[to], parts[from]];
  return true;
}

/** Put a copy behind a node; answers the copy. */
export function duplicateNode(root, node) {
  const { parts } = parentOf(root, node);
  const copy = renamed(structuredClone(node));
  parts.splice(parts.indexOf(node) + 1, 0, copy);
  return copy;
}

function renamed(node) {
  node.id = newId();
  if (isGroup(node)) node.parts.forEach(renamed);
  return node;
}

/** Put a node into a group of its own; answers the group. */
export function wrapNode(root, node) {
  const { parts } = parentOf(root, node);
  const group = newGroup("any", [node]);
  parts[parts.indexOf(node)] = group;
  return group;
}

/** Let the parts of a group take its place. */
export function unwrapGroup(root, group) {
  const { parts } = parentOf(root, group);
  parts.splice(parts.indexOf(group), 1, ...group.parts);
}

/** How many groups stand one inside the other, at most; “none” and “not all” count for two. */
export function levels(node) {
  if (!isGroup(node)) return 0;
  const own = node.mode === "all" || node.mode === "any" || node.parts.length === 1 ? 1 : 2;
  return own + Math.max(0, ...node.parts.map(levels));
}

/** What a tree is before each change, to go back to and forth again. */
export class History {
  constructor(root) {
    this.now = structuredClone(root);
    this.before = [];
    this.after = [];
  }

  /** Remember the tree as it is after a change; nothing when it is the same. */
  keep(root) {
    if (JSON.stringify(root) === JSON.stringify(this.now)) return;
    this.before.push(this.now);
    this.before.splice(0, this.before.length - 100);
    this.after = [];
    this.now = structuredClone(root);
  }

  back() {
    return this.#step(this.before, this.after);
  }

  forth() {
    return this.#step(this.after, this.before);
  }

  #step(from, to) {
    if (!from.length) return null;
    to.push(this.now);
    this.now = from.pop();
    return structuredClone(this.now);
  }
}
