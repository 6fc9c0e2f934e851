/* What can be done with a condition or a group: move, copy, put into a group, dissolve, remove. */

import {
  duplicateNode, isGroup, levels, moveNode, parentOf, removeNode, unwrapGroup, wrapNode,
} from "./segment-rule.js";
import { make } from "./segment-values.js";

const DEPTH_LIMIT = 5;

/** The menu of a node. `menu`: texts, root(), changed(focusId). */
export function nodeMenu(node, menu) {
  const { texts } = menu;
  const root = menu.root();
  const parent = parentOf(root, node);
  const place = parent.parts.indexOf(node);
  const name = isGroup(node) ? texts.removeGroup : texts.removeCondition;
  const stay = `${node.id}-menu`;

  const entry = (label, act, isOn = true) => make("button", {
    type: "button", class: "button button-small button-quiet", disabled: !isOn,
    onclick: () => menu.changed(act()),
  }, label);

  const more = make("details", { class: "node-menu" },
    make("summary", { id: stay, "aria-label": texts.more, title: texts.more }, "⋯"),
    make("div", { class: "node-menu-list" },
      entry(texts.moveUp, () => { moveNode(root, node, -1); return stay; }, place > 0),
      entry(texts.moveDown, () => { moveNode(root, node, 1); return stay; }, place < parent.parts.length - 1),
      entry(texts.duplicate, () => {
        const copy = duplicateNode(root, node);
        return isGroup(copy) ? `${copy.id}-mode` : `${copy.id}-field`;
      }),
      entry(texts.wrap, () => `${wrapNode(root, node).id}-mode`, levels(root) < DEPTH_LIMIT),
      isGroup(node) ? entry(texts.unwrap, () => {
        unwrapGroup(root, node);
        return `${parent.id}-mode`;
      }) : ""));
  more.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !more.open) return;
    more.open = false;
    more.querySelector("summary").focus();
  });
  more.addEventListener("focusout", (event) => {
    if (!more.contains(event.relatedTarget)) more.open = false;
  });

  const remove = make("button", {
    type: "button", class: "button button-small button-quiet", "aria-label": name, title: name,
    onclick: () => {
      removeNode(root, node);
      menu.changed(`${parent.id}-add`);
    },
  }, "✕");
  return make("div", { class: "node-acts" }, more, remove);
}

/** Alt with an arrow key moves the condition or group that has the focus. */
export function pressed(event, menu) {
  if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
  const box = event.target.closest(".condition, .group");
  const root = menu.root();
  const node = box && find(root, box.id);
  if (!node || node === root) return;
  event.preventDefault();
  if (moveNode(root, node, event.key === "ArrowUp" ? -1 : 1)) menu.changed(event.target.id);
}

function find(node, id) {
  if (node.id === id) return node;
  if (!isGroup(node)) return null;
  for (const part of node.parts) {
    const found = find(part, id);
    if (found) return found;
  }
  return null;
}
