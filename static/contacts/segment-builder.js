/* The rule builder: draws the rule, counts it while it is written, puts it into the form. */

import { fromJson, History, isGroup, newCondition, newGroup, nodeAt, toJson } from "./segment-rule.js";
import { nodeMenu, pressed } from "./segment-menu.js";
import { make, valueEditor } from "./segment-values.js";

const WAIT_MS = 300;
const MODES = ["all", "any", "none", "notAll"];

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const vocabulary = read("segment-vocabulary");
const texts = read("segment-texts");
const fields = new Map(vocabulary.groups.flatMap((group) => group.fields).map((field) => [field.name, field]));

const builder = document.getElementById("segment-builder");
const result = document.getElementById("segment-result");
const form = document.getElementById("segment-form");
let root = fromJson(read("segment-rule"));
const history = new History(root);

/* --- drawing ------------------------------------------------------------------------------- */

const tools = {
  texts,
  changed(node) {
    node.isTouched = true;
    countSoon();
  },
  async search(field, words) {
    const query = new URLSearchParams({ field: field.name, q: words });
    const response = await fetch(`${builder.dataset.choices}?${query}`);
    return response.ok ? (await response.json()).choices : [];
  },
};

const menu = {
  texts,
  root: () => root,
  changed: (focusId) => changeShape(focusId),
};

function draw(focusId = document.activeElement && document.activeElement.id) {
  builder.replaceChildren(drawSteps(), drawGroup(root, null));
  const focused = focusId && document.getElementById(focusId);
  if (focused) focused.focus();
}

function changeShape(focusId) {
  history.keep(root);
  draw(focusId);
  countSoon();
}

/* Undo and redo. What is typed counts as one step with what follows within a moment. */
function drawSteps() {
  const step = (name, label, go, hasMore) => make("button", {
    type: "button", class: "button button-small button-quiet", id: `rule-${name}`, disabled: !hasMore,
    onclick: () => travel(go, `rule-${name}`),
  }, label);
  return make("div", { class: "undo-redo" },
    step("undo", texts.undo, () => history.back(), history.before.length > 0),
    step("redo", texts.redo, () => history.forth(), history.after.length > 0));
}

function travel(go, focusId) {
  history.keep(root);
  const found = go();
  if (!found) return;
  root = found;
  draw(focusId);
  countSoon();
}

function drawGroup(group, parent) {
  const mode = make("select", {
    id: `${group.id}-mode`, "aria-label": texts.mode,
    onchange: (event) => { group.mode = event.target.value; changeShape(`${group.id}-mode`); },
  }, ...MODES.map((name) => make("option", { value: name, selected: group.mode === name }, texts.modes[name])));
  const head = make("div", { class: "group-head" }, mode,
    parent ? nodeMenu(group, menu) : "");
  const parts = make("ul", { class: "parts" }, ...group.parts.map((part) =>
    make("li", {}, isGroup(part) ? drawGroup(part, group) : drawCondition(part))));
  const empty = !group.parts.length && group === root ? make("p", { class: "hint" }, texts.everybody) : "";
  const foot = make("div", { class: "group-foot" },
    make("button", {
      type: "button", class: "button button-small", id: `${group.id}-add`,
      onclick: () => {
        const added = newCondition();
        group.parts.push(added);
        changeShape(`${added.id}-field`);
      },
    }, texts.addCondition),
    make("button", {
      type: "button", class: "button button-small button-quiet", id: `${group.id}-add-group`,
      onclick: () => {
        const added = newCondition();
        group.parts.push(newGroup("any", [added]));
        changeShape(`${added.id}-field`);
      },
    }, texts.addGroup));
  return make("div", { class: "group", id: group.id, role: "group", "aria-label": texts.group },
    head, empty, parts, make("p", { class: "message", id: `${group.id}-message`, role: "alert" }), foot);
}

function drawCondition(node) {
  const field = fields.get(node.field);
  const parts = [fieldSelect(node)];
  if (field) {
    const operator = field.operators.find((known) => known.name === node.op) ?? field.operators[0];
    parts.push(operatorSelect(node, field), valueEditor(node, field, operator, tools));
  }
  parts.push(nodeMenu(node, menu));
  if (field && field.help) parts.push(make("p", { class: "hint" }, field.help));
  parts.push(make("p", { class: "message", id: `${node.id}-message`, role: "alert" }));
  return make("div", { class: "condition", id: node.id }, ...parts);
}

function fieldSelect(node) {
  const option = (field) => make("option", { value: field.name, selected: field.name === node.field }, field.label);
  return make("select", {
    id: `${node.id}-field`, class: "field-select", "aria-label": texts.field,
    onchange: (event) => {
      node.field = event.target.value;
      const field = fields.get(node.field);
      node.op = field ? field.operators[0].name : "";
      node.value = field && field.kind === "bool" ? true : undefined;
      node.isTouched = false;
      changeShape(`${node.id}-field`);
    },
  },
  make("option", { value: "" }, texts.chooseField),
  ...vocabulary.groups.map((group) => make("optgroup", { label: group.label }, ...group.fields.map(option))));
}

function operatorSelect(node, field) {
  return make("select", {
    id: `${node.id}-operator`, class: "operator-select", "aria-label": texts.operator,
    onchange: (event) => {
      const before = field.operators.find((known) => known.name === node.op);
      const after = field.operators.find((known) => known.name === event.target.value);
      node.op = after.name;
      if (!before || before.takes !== after.takes) {
        node.value = undefined;
        node.isTouched = false;
      }
      changeShape(`${node.id}-operator`);
    },
  }, ...field.operators.map((known) =>
    make("option", { value: known.name, selected: known.name === node.op }, known.label)));
}

/* --- counting ------------------------------------------------------------------------------ */

let timer = 0;
let running = null;

function countSoon() {
  window.clearTimeout(timer);
  result.setAttribute("aria-busy", "true");
  timer = window.setTimeout(count, WAIT_MS);
}

async function count() {
  history.keep(root);
  document.getElementById("rule-undo").disabled = !history.before.length;
  document.getElementById("rule-redo").disabled = !history.after.length;
  if (running) running.abort();
  const mine = new AbortController();
  running = mine;
  const places = new Map();
  const rule = toJson(root, places);
  let answer = null;
  try {
    const response = await fetch(builder.dataset.preview, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-CSRFToken": form.elements.csrfmiddlewaretoken.value,
      },
      body: JSON.stringify(rule),
      signal: mine.signal,
    });
    if (response.ok) answer = await response.json();
  } catch (error) {
    if (error.name === "AbortError") return;
  }
  if (running !== mine) return;
  running = null;
  result.setAttribute("aria-busy", "false");
  if (answer) {
    showErrors(answer.errors, places);
    showAnswer(answer);
  } else {
    showAnswer({ count: null, words: "", errors: [], sample: [] });
    showProblem(texts.failed);
  }
}

function showErrors(errors, places) {
  builder.querySelectorAll(".message").forEach((message) => { message.textContent = ""; });
  builder.querySelectorAll(".has-error").forEach((element) => element.classList.remove("has-error"));
  for (const { path, message } of errors) {
    const node = nodeAt(path, places);
    /* A condition that was just added is not wrong yet, only unfinished. */
    if (!isGroup(node) && !node.isTouched) continue;
    document.getElementById(`${node.id}-message`).textContent = message;
    document.getElementById(node.id).classList.add("has-error");
  }
}

function showAnswer({ count: size, ms, words, errors, sample }) {
  const part = (name) => result.querySelector(`[data-${name}]`);
  part("count").textContent = size === null ? "–" : size.toLocaleString("en");
  part("note").textContent = size === null
    ? (errors.length ? texts.unfinished : "")
    : texts.milliseconds.replace("%s", ms);
  part("words").textContent = words;
  showProblem("");
  part("sample").replaceChildren(...sample.map((contact) =>
    make("li", { class: "row row-between" },
      make("a", { href: contact.url, target: "_blank", rel: "noopener" }, contact.name),
      make("span", { class: "muted" }, contact.stage))));
  part("sample-block").hidden = !sample.length;
}

function showProblem(text) {
  const problem = result.querySelector("[data-problem]");
  problem.textContent = text;
  problem.hidden = !text;
}

/* --- start --------------------------------------------------------------------------------- */

builder.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input:not([type=checkbox])");
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && !isTyping && (key === "z" || key === "y")) {
    event.preventDefault();
    const isBack = key === "z" && !event.shiftKey;
    travel(isBack ? () => history.back() : () => history.forth());
  } else pressed(event, menu);
});
form.addEventListener("submit", () => {
  form.elements.rule.value = JSON.stringify(toJson(root));
});
draw();
count();
