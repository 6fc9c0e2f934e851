// One screen of the phone at a time: a stack of screens, each asked for anew every second.
//
// A screen is { key, title(data), load(), body(data), and optionally sub(data), under(), foot(data),
// end(data), tab, isWhite, isAtBottom }. What did not change is not drawn again, so nothing flickers
// and nobody loses the place they were reading or typing at.

import { avatar, el, icon } from "./dom.js";
import { has, problem, t } from "./words.js";

const place = document.getElementById("screen");
const bar = {};
let stack = [];
let drawn = {};
let asked = 0;
let sticks = false; // to the end of what is shown

export const now = { second: Math.floor(Date.now() / 1000) };

export function current() {
  return stack[stack.length - 1];
}

export function home(screen) {
  stack = [screen];
  return mount();
}

export function push(screen) {
  stack.push(screen);
  return mount();
}

export function replace(screen) {
  stack[stack.length - 1] = screen;
  return mount();
}

export function back(steps = 1) {
  stack = stack.slice(0, Math.max(1, stack.length - steps));
  return mount();
}

/** Build the frame of the screen on top, then fill it. */
function mount() {
  drawn = {};
  for (const part of ["top", "under", "body", "foot"]) bar[part] = el("div", { class: part });
  const screen = current();
  bar.under.append(...(screen.under ? [screen.under()] : []));
  if (screen.isWhite) bar.body.classList.add("white");
  bar.body.tabIndex = -1;
  place.replaceChildren(bar.top, bar.under, bar.body, bar.foot);
  return refresh();
}

/** Ask for the screen's data and draw what changed. */
export async function refresh() {
  const screen = current();
  if (!screen) return;
  asked += 1;
  const mine = asked;
  try {
    const data = await screen.load();
    if (mine === asked && screen === current()) draw(screen, data);
  } catch (error) {
    if (error instanceof TypeError) throw error;
    if (screen === current()) drawOnce("body", error.message, () => [empty("chat", problem(error.message))]);
  }
}

function draw(screen, data) {
  const text = JSON.stringify(data) + (screen.salt ? screen.salt() : "");
  drawOnce("top", text, () => top(screen, data));
  const wasAtEnd = bar.body.scrollHeight - bar.body.scrollTop - bar.body.clientHeight < 60;
  const isFirst = drawn.body === undefined;
  const isNew = drawOnce("body", text, () => screen.body(data));
  if (isNew) sticks = Boolean(screen.isAtBottom) && (isFirst || wasAtEnd);
  if (isNew) toEnd();
  const footKey = screen.footKey ? screen.footKey(data) : "always";
  drawOnce("foot", footKey, () => (screen.foot ? [screen.foot(data)] : []));
  if (screen.drawn) screen.drawn(data);
}

/** Pictures arrive later and make the chat longer: whoever was at its end stays there. */
function toEnd() {
  if (sticks) bar.body.scrollTop = bar.body.scrollHeight;
}

document.addEventListener("grown", toEnd);

function drawOnce(part, key, make) {
  if (drawn[part] === key) return false;
  drawn[part] = key;
  const focus = document.activeElement?.dataset?.key;
  const scroll = bar[part].scrollTop;
  bar[part].replaceChildren(...make().filter(Boolean));
  bar[part].scrollTop = scroll;
  if (focus) [...bar[part].querySelectorAll("[data-key]")].find((one) => one.dataset.key === focus)?.focus();
  return true;
}

function top(screen, data) {
  const title = el("h1", {}, screen.title(data), screen.sub ? el("small", {}, screen.sub(data)) : null);
  const goBack = stack.length > 1
    ? el("button", { "aria-label": t("back"), "data-key": "back", onclick: () => back() }, icon("back")) : null;
  const end = el("span", { class: "end" }, screen.end ? screen.end(data) : null);
  return [el("span", {}, goBack), title, end];
}

export function iconButton(name, label, onclick) {
  return el("button", { "aria-label": label, title: label, "data-key": name, onclick }, icon(name));
}

export function tabs(items, active) {
  return el("nav", { class: "tabs" }, items.map(({ name, image, go, badge }) =>
    el("button", { "aria-current": name === active ? "page" : null, "data-key": `tab-${name}`, onclick: go },
      icon(image), t(name), badge ? el("span", { class: "badge" }, String(badge)) : null)));
}

export function empty(image, text) {
  return el("div", { class: "empty" }, icon(image, 44), el("p", {}, text));
}

/** A field that searches while one types; `search.text` is what the screen loads by. */
export function searchField(search) {
  return el("input", { class: "search", type: "search", placeholder: t("search"), "aria-label": t("search"), value: search.text,
    oninput: (event) => { search.text = event.target.value; refresh(); } });
}

export function row({ key, name, line, side, size = "", isGroup = false, isGone = false, onclick }) {
  return el("li", {}, el("button", { class: isGone ? "row gone" : "row", "data-key": key, onclick },
    avatar(typeof name === "string" ? name : name.text, size, isGroup),
    el("span", { class: "words" }, el("b", {}, typeof name === "string" ? name : name.nodes), el("span", {}, line)),
    side ? el("span", { class: "side" }, side) : null));
}

/** The last line of a chat, in the words of a chat list. */
export function gist(last) {
  if (last.kind === "note") return has(`note_${last.text}`) ? t(`note_${last.text}`) : last.text;
  return [last.text, ...last.cards.map((kind) => t(`card_${kind}`))].filter(Boolean).join(" ").replace(/\s+/g, " ");
}
