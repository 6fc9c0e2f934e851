// Beside the phone: clock, people, callbacks, faults, the world's numbers.

import { get, post } from "./api.js";
import { el, toast } from "./dom.js";
import { now, refresh } from "./nav.js";
import { clockTime, dayOf, has, t } from "./words.js";

const SPEEDS = [1, 60];
const JUMPS = [["hour", 3600], ["day", 86400], ["week", 604800]];
const PROFILES = ["mixed", "prompt", "busy", "forgetful", "never"];
const MOODS = ["usual", "annoyed"];
const FIGURES = ["contacts", "staff", "groups", "tasks_waiting", "sent", "over_quota", "welcomes_sent", "orders", "ended_relations"];
const SLOWLY = 5000;
let drawn = "";
let slow = { at: 0, state: null, habits: null, faults: [], fates: [] };

/** Everything the panel shows; what costs more is asked for seldom. */
export async function drawPanel(pulse) {
  if (Date.now() - slow.at > SLOWLY) await loadSlowly();
  const text = JSON.stringify([pulse, slow.state, slow.habits, slow.faults, slow.fates, t("panel")]);
  const place = document.getElementById("panel");
  if (text === drawn || place.contains(document.activeElement) && document.activeElement.tagName === "SELECT") return;
  drawn = text;
  const [focus, scroll] = [document.activeElement?.dataset?.key, place.scrollTop];
  place.replaceChildren(...[link(pulse), clock(pulse), people(pulse), letters(pulse), trouble(), world()].filter(Boolean));
  place.scrollTop = scroll;
  if (focus) [...place.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focus)?.focus();
}

async function loadSlowly() {
  const [state, habits, faults, fates] = await Promise.all([get("state"), get("behaviour"), get("faults"), get("callbacks/fates")]);
  slow = { at: Date.now(), state, habits, faults: faults.faults, fates: fates.fates };
}

/** Move a lever, then look at once. */
async function pull(path, body, method) {
  const outcome = await post(path, body, method);
  slow.at = 0;
  document.dispatchEvent(new CustomEvent("look"));
  refresh();
  return outcome;
}

function section(title, small, ...children) {
  return el("section", { class: "section" }, el("h2", {}, title, small ? el("small", {}, small) : null), children);
}

function button(key, label, onclick, isPressed = null) {
  return el("button", { "data-key": key, "aria-pressed": isPressed === null ? null : String(isPressed), onclick }, label);
}

function link(pulse) {
  return pulse.console_url
    ? el("a", { class: "to-console", href: pulse.console_url, target: "_blank", rel: "noopener" }, t("console")) : null;
}

function clockButtons(pulse) {
  return [
    ...SPEEDS.map((speed) => button(`speed-${speed}`, `${speed}×`, () => pull("clock", { speed }), pulse.clock.speed === speed)),
    ...JUMPS.map(([name, seconds]) => button(`jump-${name}`, t(name), async () => {
      if (await pull("clock", { advance_seconds: seconds })) toast(t("lived"));
    })),
  ];
}

function clock(pulse) {
  return section(t("clock"), `${pulse.clock.speed}×`,
    el("p", { class: "big-time" }, el("small", {}, dayOf(now.second)), clockTime(now.second)),
    el("div", { class: "buttons" }, clockButtons(pulse)));
}

function people(pulse) {
  const chosen = slow.habits.profile;
  const select = el("select", { "data-key": "profile", "aria-label": t("profile"), onchange: (event) => { event.target.blur(); pull("behaviour", { profile: event.target.value }); } },
    PROFILES.map((name) => el("option", { value: name, selected: name === chosen }, t(`profile_${name}`))));
  const mood = el("select", { "data-key": "mood", "aria-label": t("mood"), onchange: (event) => { event.target.blur(); pull("behaviour", { mood: event.target.value }); } },
    MOODS.map((name) => el("option", { value: name, selected: name === slow.habits.mood }, t(`mood_${name}`))));
  return section(t("people"), t(pulse.alive ? "alive" : "resting"),
    el("div", { class: "line" }, el("span", {}, t("profile")), select),
    el("div", { class: "line" }, el("span", {}, t("mood")), mood),
    el("div", { class: "buttons" },
      button("alive", t(pulse.alive ? "letRest" : "letLive"), () => pull("behaviour", { alive: !pulse.alive })),
      button("confirm-all", t("confirmAll"), async () => {
        const outcome = await pull("confirm", { all: true });
        if (outcome) toast(t("sentTo", outcome.reached));
      })));
}

function eventName(name) {
  const [event, change] = name.split("/");
  const isContact = event === "change_external_contact";
  return [isContact ? "" : event, change].filter(Boolean).map((part) => (has(part) ? t(part) : part)).join(" · ");
}

function letters(pulse) {
  const { callbacks } = pulse;
  const small = `${t("delivered")} ${callbacks.delivered} · ${t("failed")} ${callbacks.failed}`;
  const rows = pulse.letters.slice(0, 12).map((letter) => el("li", {},
    el("b", {}, eventName(letter.event)), el("span", { class: `mark ${letter.state}` }, t(`letter_${letter.state}`)),
    el("span", {}, letter.about.join(" · ")),
    el("span", {}, letter.outcome ? `${letter.outcome} · ${letter.milliseconds} ms` : "", letter.tries > 1 ? ` · ${t("tries", letter.tries)}` : "")));
  return section(t("callbacks"), small,
    rows.length ? el("ul", { class: "letters" }, rows) : el("p", { class: "muted" }, t(callbacks.url ? "noCallbacks" : "noUrl")));
}

function trouble() {
  const left = (number) => (number === null ? t("forever") : t("left_n", number));
  const rows = [
    ...slow.faults.map((fault) => [`${fault.kind} ${fault.value || ""} · ${fault.path}`, left(fault.count)]),
    ...slow.fates.map((fate) => [`${fate.kind} · ${fate.event}`, left(fate.number)]),
  ];
  const clear = async () => { await post("faults", {}, "DELETE"); await pull("callbacks/fates", {}, "DELETE"); };
  const path = "externalcontact/add_msg_template";
  return section(t("trouble"), rows.length ? String(rows.length) : "",
    rows.length ? el("ul", { class: "trouble" }, rows.map(([what, rest]) => el("li", {}, el("span", {}, what), el("span", { class: "muted" }, rest))))
      : el("p", { class: "muted" }, t("noTrouble")),
    el("div", { class: "buttons" },
      button("drop-answer", t("dropAnswer"), () => pull("faults", { path, kind: "drop_after" })),
      button("double-event", t("doubleEvent"), () => pull("callbacks/fates", { kind: "duplicate" })),
      button("drop-event", t("dropEvent"), () => pull("callbacks/fates", { kind: "drop" })),
      rows.length ? button("clear", t("clearAll"), clear) : null));
}

function world() {
  return section(t("world"), "", el("dl", { class: "figures" }, FIGURES.map((name) =>
    el("div", {}, el("dt", {}, t(`f_${name}`)), el("dd", {}, slow.state[name].toLocaleString())))));
}
