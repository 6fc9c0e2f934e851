// Which phone is in hand, the bar above it, and the beat at which everything is looked at.

import { get } from "./api.js";
import { el, toast } from "./dom.js";
import { customerHome } from "./customer.js";
import { home, now, refresh } from "./nav.js";
import { drawPanel } from "./panel.js";
import { staffHome } from "./staff.js";
import { clockTime, dayOf, switchLanguage, t } from "./words.js";

const BEAT = 1200; // milliseconds
const MODES = ["customer", "staff"];
const hand = { mode: "customer", customer: "", staff: "" };
let pulse = null;
let barText = "";

/** The address names the phone, so that a link or a reload comes back to it. */
function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (MODES.includes(given.get("as"))) hand.mode = given.get("as");
  for (const mode of MODES) hand[mode] = given.get(mode) ?? localStorage.getItem(`phone-${mode}`) ?? "";
}

function take(mode, id) {
  hand.mode = mode;
  if (id !== undefined) {
    hand[mode] = id;
    localStorage.setItem(`phone-${mode}`, id);
  }
  const address = new URLSearchParams({ as: mode, [mode]: hand[mode] });
  history.replaceState(null, "", `#${address}`);
  document.body.dataset.mode = mode;
  drawBar();
  return home(mode === "customer" ? customerHome(hand.customer) : staffHome(hand.staff));
}

function drawBar() {
  const text = JSON.stringify([hand.mode, pulse?.clock.speed, pulse?.console_url, clockTime(now.second), t("brand"), document.body.className]);
  if (text === barText) return;
  barText = text;
  const focus = document.activeElement?.dataset?.key;
  const mode = (name, label) => el("button", { "aria-pressed": String(hand.mode === name), "data-key": name, onclick: () => take(name) }, t(label));
  const menu = document.body.classList.contains("panel-open") ? t("backToPhone") : t("panel");
  const bar = document.getElementById("bar");
  bar.replaceChildren(
    el("span", { class: "brand" }, t("brand")),
    el("span", { class: "segments", role: "group" }, mode("customer", "asCustomer"), mode("staff", "asStaff")),
    el("span", { class: "grow" }),
    el("span", { class: "time" }, el("span", { class: "only-wide" }, `${dayOf(now.second)} `), clockTime(now.second), ` · ${pulse?.clock.speed ?? 1}×`),
    el("button", { class: "menu only-small", "data-key": "menu", onclick: togglePanel }, menu),
    pulse?.console_url ? el("a", { class: "only-wide", href: pulse.console_url, target: "_blank", rel: "noopener" }, t("console")) : "",
    el("button", { class: "quiet", "data-key": "language", onclick: speakOtherwise }, t("language")));
  if (focus) [...bar.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focus)?.focus();
}

function togglePanel() {
  document.body.classList.toggle("panel-open");
  drawBar();
}

function speakOtherwise() {
  switchLanguage();
  take(hand.mode);
  look();
}

function drawStatus() {
  const signal = el("span", { class: "signal" }, `${hand.mode === "customer" ? "WeChat" : "WeCom"} · 5G`);
  document.getElementById("status").replaceChildren(el("span", {}, clockTime(now.second)), signal);
}

/** One beat: the clock and the callbacks, then the screen in hand. */
async function look() {
  pulse = await get("pulse");
  now.second = Math.floor(Date.parse(pulse.clock.now) / 1000);
  drawBar();
  drawStatus();
  await drawPanel(pulse);
}

async function beat() {
  try {
    if (!document.hidden) {
      await look();
      await refresh();
    }
  } catch {
    toast(t("offline"), true);
  }
  setTimeout(beat, BEAT);
}

document.addEventListener("phone", ({ detail }) => take(detail.mode, detail.id));
document.addEventListener("look", look);
window.addEventListener("hashchange", () => { readAddress(); take(hand.mode); });
readAddress();
take(hand.mode).then(beat, beat);
