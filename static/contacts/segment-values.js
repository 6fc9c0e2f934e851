/* The inputs for a condition's value, one for each shape a value can have. */

/** An element with attributes and children; an attribute that is null or false is left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

/** The editor of `node.value`. `tools`: texts, changed(node), search(field, words). */
export function valueEditor(node, field, operator, tools) {
  const editors = { nothing, days, pair, list, one };
  return make("div", { class: "value" }, ...editors[operator.takes](node, field, tools));
}

function nothing() {
  return [];
}

function days(node, field, tools) {
  return [
    numberInput(node, tools, {
      id: `${node.id}-value`, label: `${field.label} ${tools.texts.days}`, min: 1, value: node.value,
      enter: (number) => { node.value = number; },
    }),
    make("span", { class: "muted" }, tools.texts.days),
  ];
}

function pair(node, field, tools) {
  const bound = (index, label) => scalarInput(node, field, tools, {
    id: `${node.id}-value-${index}`,
    label: `${field.label} ${label}`,
    value: Array.isArray(node.value) ? node.value[index] : undefined,
    enter: (entered) => {
      const both = Array.isArray(node.value) ? [...node.value] : [undefined, undefined];
      both[index] = entered;
      node.value = both;
    },
  });
  return [...bound(0, tools.texts.from), make("span", { class: "muted" }, "–"), ...bound(1, tools.texts.to)];
}

function one(node, field, tools) {
  return scalarInput(node, field, tools, {
    id: `${node.id}-value`, label: `${field.label} ${tools.texts.value}`, value: node.value,
    enter: (entered) => { node.value = entered; },
  });
}

function list(node, field, tools) {
  return field.searched ? [picker(node, field, tools)] : checkboxes(node, field, tools);
}

function scalarInput(node, field, tools, options) {
  if (field.kind === "bool") return [boolSelect(node, tools, options)];
  if (field.kind === "date") return [textInput(node, tools, { ...options, type: "date" })];
  if (field.kind === "text") return [textInput(node, tools, { ...options, type: "text" })];
  if (field.kind === "money") return [make("span", { class: "muted" }, "¥"), moneyInput(node, tools, options)];
  const input = numberInput(node, tools, { ...options, step: field.whole ? 1 : "any" });
  return field.unit ? [input, make("span", { class: "muted" }, field.unit)] : [input];
}

function textInput(node, tools, { id, label, value, type, enter }) {
  return make("input", {
    id, type, value: value ?? "", "aria-label": label, autocomplete: "off", maxlength: 100,
    oninput: (event) => {
      enter(event.target.value === "" ? undefined : event.target.value);
      tools.changed(node);
    },
  });
}

function numberInput(node, tools, { id, label, value, enter, step = 1, min = null }) {
  return make("input", {
    id, type: "number", step, min, value: value ?? "", "aria-label": label, inputmode: "decimal",
    oninput: (event) => {
      const text = event.target.value;
      enter(text === "" ? undefined : Number(text));
      tools.changed(node);
    },
  });
}

/* Rules hold fen; an operator types yuan. */
function moneyInput(node, tools, { id, label, value, enter }) {
  return numberInput(node, tools, {
    id, label, step: 0.01,
    value: typeof value === "number" ? value / 100 : undefined,
    enter: (yuan) => enter(yuan === undefined ? undefined : Math.round(yuan * 100)),
  });
}

function boolSelect(node, tools, { id, label, value, enter }) {
  const option = (key, text) => make("option", { value: String(key), selected: value === key }, text);
  return make("select", {
    id, "aria-label": label,
    onchange: (event) => { enter(event.target.value === "true"); tools.changed(node); },
  }, option(true, tools.texts.yes), option(false, tools.texts.no));
}

function checkboxes(node, field, tools) {
  const toggle = (key, isChecked) => {
    const kept = (node.value ?? []).filter((other) => other !== key);
    node.value = isChecked ? [...kept, key] : kept;
    tools.changed(node);
  };
  return field.choices.map((choice, index) =>
    make("label", { class: "check" },
      make("input", {
        type: "checkbox", id: `${node.id}-choice-${index}`,
        checked: (node.value ?? []).includes(choice.key),
        onchange: (event) => toggle(choice.key, event.target.checked),
      }), choice.label));
}

/* A combobox that adds what is chosen to a row of chips: type, arrow keys, Enter; Escape closes. */
function picker(node, field, tools) {
  const { texts } = tools;
  const listId = `${node.id}-options`;
  const chosen = make("div", { class: "chosen" });
  const options = make("ul", { class: "options", id: listId, role: "listbox", "aria-label": field.label, hidden: true });
  let entries = [];
  let active = -1;
  let asked = 0;

  const input = make("input", {
    id: `${node.id}-value`, type: "text", role: "combobox", autocomplete: "off",
    "aria-label": `${field.label} ${texts.search}`, "aria-expanded": "false", "aria-controls": listId,
    "aria-autocomplete": "list", placeholder: texts.search,
    oninput: () => look(), onfocus: () => look(), onblur: () => close(), onkeydown: (event) => press(event),
  });

  const close = () => {
    options.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const drawChosen = () => {
    chosen.replaceChildren(...(node.value ?? []).map((key) => {
      const known = field.choices.find((choice) => choice.key === key);
      const label = known ? known.label : String(key);
      return make("span", { class: "chip" }, make("span", {}, label),
        make("button", {
          type: "button", "aria-label": texts.remove.replace("%s", label),
          onclick: () => {
            node.value = node.value.filter((other) => other !== key);
            drawChosen();
            input.focus();
            tools.changed(node);
          },
        }, "×"));
    }));
  };

  const choose = (choice) => {
    if (!field.choices.some((known) => known.key === choice.key)) field.choices.push(choice);
    if (!(node.value ?? []).includes(choice.key)) node.value = [...(node.value ?? []), choice.key];
    input.value = "";
    close();
    drawChosen();
    tools.changed(node);
  };

  const mark = () => {
    options.querySelectorAll("[role=option]").forEach((option, index) => {
      option.toggleAttribute("data-active", index === active);
      option.setAttribute("aria-selected", String(index === active));
      if (index === active) option.scrollIntoView({ block: "nearest" });
    });
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", `${listId}-${active}`);
  };

  const drawOptions = () => {
    const rows = [];
    let heading = "";
    entries.forEach((choice, index) => {
      if (choice.group && choice.group !== heading) {
        heading = choice.group;
        rows.push(make("li", { class: "heading", role: "presentation" }, heading));
      }
      rows.push(make("li", {
        role: "option", id: `${listId}-${index}`, "aria-selected": "false",
        /* Before the input loses focus and the list closes. */
        onmousedown: (event) => { event.preventDefault(); choose(choice); },
      }, choice.label));
    });
    if (!rows.length) rows.push(make("li", { class: "heading", role: "presentation" }, texts.nothing));
    options.replaceChildren(...rows);
    options.hidden = false;
    input.setAttribute("aria-expanded", "true");
    active = -1;
    mark();
  };

  const look = async () => {
    const turn = (asked += 1);
    const found = await tools.search(field, input.value);
    if (turn !== asked || document.activeElement !== input) return;
    entries = found.filter((choice) => !(node.value ?? []).includes(choice.key));
    drawOptions();
  };

  const press = (event) => {
    if (event.key === "Escape") close();
    else if (event.key === "Enter") {
      event.preventDefault();
      if (!options.hidden && entries.length) choose(entries[Math.max(active, 0)]);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (options.hidden) look();
      else if (entries.length) {
        const step = event.key === "ArrowDown" ? 1 : -1;
        active = (active + step + entries.length) % entries.length;
        mark();
      }
    }
  };

  drawChosen();
  return make("div", { class: "picker" }, chosen, input, options);
}
