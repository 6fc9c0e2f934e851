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

/** Remove a node from the tree below `group`. */
export function removeNode(group, node) {
  group.parts = group.parts.filter((part) => part !== node);
  group.parts.filter(isGroup).forEach((part) => removeNode(part, node));
}
