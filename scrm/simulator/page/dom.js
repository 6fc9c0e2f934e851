// Building the page out of elements: text is always text, never markup.

const SVG = "http://www.w3.org/2000/svg";
const COLOURS = ["#5b8c5a", "#c0703c", "#4f7cac", "#8e5ea2", "#b5524f", "#3d8b8b", "#a37b2c", "#6d6fb0"];

const PATHS = {
  chat: "M4 5h16v11H9l-5 4z",
  compass: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm4 5-2.6 5.4L8 16l2.6-5.4z",
  person: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 20c0-4 4-6 8-6s8 2 8 6z",
  people: "M9 5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zm7 1a3 3 0 1 1 0 6M2 19c0-3.5 3.5-5 7-5s7 1.5 7 5zm16 0c0-2-.6-3.4-1.6-4.4 3 .2 5.6 1.6 5.6 4.4z",
  horn: "M4 10v4h3l6 4V6l-6 4zm12-1a4 4 0 0 1 0 6m2-9a8 8 0 0 1 0 12",
  back: "M15 5l-7 7 7 7",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  plus: "M12 5v14M5 12h14",
  scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M4 12h16",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1m2 4a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
  shop: "M5 8h14l-1 12H6zM9 8a3 3 0 0 1 6 0",
  image: "M4 5h16v14H4zm2 11 4-5 3 3 2-2 3 4M15.5 9h.01",
  file: "M6 3h8l4 4v14H6zm8 0v4h4",
  play: "M8 5l11 7-11 7z",
  mini: "M14 8a3 3 0 1 1 3 3c-3 0-2-6-5-6M10 16a3 3 0 1 1-3-3c3 0 2 6 5 6",
};

/** An element: `el("p", { class: "x", onclick: f }, "text", child)`. Null children are left out. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else if (name === "background") element.style.background = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export function icon(name, size = 24) {
  const svg = document.createElementNS(SVG, "svg");
  const fixed = { viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor",
    "stroke-width": name === "more" ? 3 : 1.7, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(fixed)) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

function number(text) {
  let hash = 7;
  for (const letter of text) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  return hash;
}

export function colour(text) {
  return COLOURS[number(text) % COLOURS.length];
}

export function avatar(name, size = "", isGroup = false) {
  const first = [...(name || "?")][0];
  return el("span", { class: `avatar ${size}`, background: colour(name || "?"), "aria-hidden": "true" },
    isGroup ? icon("people") : first);
}

/** A pattern that looks like a QR code and is always the same for one text. It cannot be scanned. */
export function pattern(text) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 21 21");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  const corners = [[0, 0], [14, 0], [0, 14]];
  let seed = number(text || "scan");
  let drawing = corners.map(([x, y]) => `M${x} ${y}h7v7h-7zm1 1v5h5v-5zm1 1h3v3h-3z`).join("");
  for (let y = 0; y < 21; y += 1) {
    for (let x = 0; x < 21; x += 1) {
      seed = (seed * 1103515245 + 12345) >>> 0;
      const inCorner = corners.some(([left, top]) => x >= left - 1 && x <= left + 7 && y >= top - 1 && y <= top + 7);
      if (!inCorner && (seed >>> 16) % 2) drawing += `M${x} ${y}h1v1h-1z`;
    }
  }
  path.setAttribute("d", drawing);
  path.setAttribute("fill", "currentColor");
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

export function toast(text, isBad = false) {
  const place = document.getElementById("toast");
  place.textContent = text;
  place.className = isBad ? "on bad" : "on";
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { place.className = ""; }, isBad ? 4500 : 2200);
}

/** Ask in a dialog; resolves to the text (or true), or null when it was called off. */
export function ask({ title, text = "", input = null, yes, no, isDanger = false }) {
  const dialog = document.getElementById("dialog");
  const field = input === null ? null : el("input", { value: input, "aria-label": title, maxlength: 60 });
  return new Promise((resolve) => {
    const close = (answer) => { dialog.close(); resolve(answer); };
    const form = el("form", { onsubmit: (event) => { event.preventDefault(); close(field ? field.value : true); } },
      el("h2", {}, title), text ? el("p", {}, text) : null, field,
      el("div", { class: "choices" },
        el("button", { type: "button", onclick: () => close(null) }, no),
        el("button", { class: isDanger ? "danger" : "main" }, yes)));
    dialog.oncancel = () => resolve(null);
    dialog.replaceChildren(form);
    dialog.showModal();
    (field || form.querySelector(".choices button:last-child")).focus();
  });
}
