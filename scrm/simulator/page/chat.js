// A chat, seen from either side: messages, cards, what can be done about it.

import { act, get, post } from "./api.js";
import { ask, avatar, colour, el, icon, toast } from "./dom.js";
import { back, iconButton, now, push, refresh } from "./nav.js";
import { markSeen } from "./seen.js";
import { t, when } from "./words.js";

const PAUSE = 300; // seconds without a word, then the time stands between the messages

/** `me` is { kind: "customer" | "staff", id }; `other` { userid, external_userid } or { chat_id }. */
export function chatScreen(me, other, details) {
  return {
    key: `chat-${me.id}-${Object.values(other).join("-")}`,
    isAtBottom: true,
    load: () => get("phone/chat", other),
    title: (data) => titleOf(me, data),
    sub: (data) => subOf(me, data),
    end: (data) => iconButton("more", t("details"), () => push(details(data))),
    body: (data) => [data.notice ? el("p", { class: "board" }, `${t("notice")}：${data.notice}`) : null, stream(me, data)],
    footKey: (data) => `foot-${data.active}`,
    foot: (data) => (data.active ? composer(me, other) : closed(me, other)),
    drawn: (data) => markSeen(me.id, other.chat_id || (me.kind === "customer" ? other.userid : other.external_userid), incoming(me, data)),
  };
}

function titleOf(me, data) {
  if (data.kind === "group") return `${data.name}（${data.members}）`;
  return me.kind === "customer" ? data.staff.name : data.remark || data.person.name;
}

function subOf(me, data) {
  if (data.kind === "group") return "";
  return me.kind === "customer" ? `@${data.staff.corp}` : "@微信";
}

function incoming(me, data) {
  return data.messages.filter((message) => message.kind === "message" && message.author !== me.id).length;
}

function stream(me, data) {
  const nodes = [];
  let before = 0;
  for (const message of data.messages) {
    if (message.at - before > PAUSE) nodes.push(el("time", { class: "when" }, when(message.at, now.second, true)));
    before = message.at;
    nodes.push(message.kind === "note" ? note(message) : bubble(me, data, message));
  }
  if (data.welcome_pending && me.kind === "customer") nodes.push(typing(data.staff.name));
  return el("div", { class: "stream" }, nodes);
}

function note(message) {
  const words = t(`note_${message.text}`);
  return el("p", { class: "note" }, message.name ? `${message.name} ${words}` : words);
}

function nameOf(data, message) {
  if (data.kind === "group") return message.name;
  return message.author === data.staff.userid ? data.staff.name : data.person.name;
}

function bubble(me, data, message) {
  const name = nameOf(data, message);
  const isMine = message.author === me.id;
  const origin = me.kind === "staff" && isMine && message.of ? el("span", { class: "origin" }, t(`${message.of}Tag`)) : null;
  return el("article", { class: isMine ? "message mine" : "message" }, avatar(name, "small"),
    el("div", { class: "parts" },
      data.kind === "group" && !isMine ? el("span", { class: "who" }, name) : null,
      message.text ? el("p", { class: "bubble" }, words(me, message.text)) : null,
      message.cards.map((part) => card(part, me)), origin));
}

function typing(name) {
  return el("article", { class: "message", "aria-label": "…" }, avatar(name, "small"),
    el("div", { class: "parts" }, el("p", { class: "bubble typing" }, el("i"), el("i"), el("i"))));
}

/** A text with its addresses to tap. */
function words(me, text) {
  return text.split(/(https?:\/\/[\w\-.:/?&=%#~+]+)/).map((part, place) => (place % 2 ? link(me, part, {}, part) : part));
}

/** A link; a customer opens it as WeChat does, where WeCom can tell the site who it is. */
function link(me, url, shown, ...inside) {
  const open = async (event) => {
    event.preventDefault();
    const tab = window.open("", "_blank");
    if (tab) tab.opener = null;
    const led = await post("open", { external_userid: me.id, url });
    if (tab && led) tab.location = led.opened;
    else if (tab) tab.close();
  };
  const tapped = me && me.kind === "customer" ? { onclick: open } : {};
  return el("a", { ...shown, ...tapped, href: url, target: "_blank", rel: "noreferrer noopener", title: url }, ...inside);
}

/** One attachment as WeChat shows it. */
export function card(part, me) {
  if (part.kind === "image") return picture(part);
  if (part.kind === "miniprogram") return miniprogram(part);
  const image = { link: "link", video: "play", file: "file" }[part.kind];
  const about = el("div", {}, el("b", {}, part.title || t(`card_${part.kind}`)), el("p", {}, part.desc || size(part.size)));
  const main = el("span", { class: "main" }, about, thumb(image, part.title));
  return part.kind === "link" && /^https?:\/\//.test(part.url)
    ? link(me, part.url, { class: "piece" }, main)
    : el("div", { class: "piece" }, main);
}

function picture(part) {
  if (!part.media_id) return el("div", { class: "shot none", background: colour("image"), role: "img", "aria-label": t("card_image") }, icon("image", 40));
  return el("img", { class: "shot", alt: t("card_image"), src: `/sim/picture?media_id=${encodeURIComponent(part.media_id)}`,
    onload: () => document.dispatchEvent(new CustomEvent("grown")), onerror: (event) => event.target.replaceWith(picture({})) });
}

function miniprogram(part) {
  return el("div", { class: "piece" }, el("span", { class: "main" }, el("b", {}, part.title)),
    el("div", { class: "cover", background: colour(part.title) }, icon("mini", 48)),
    el("footer", {}, icon("mini", 14), t("miniprogram")));
}

function thumb(name, title) {
  return el("span", { class: "thumb", background: colour(title || name) }, icon(name, 26));
}

function size(bytes) {
  return bytes ? `${Math.max(1, Math.round(bytes / 1024))} KB` : "";
}

function composer(me, other) {
  const field = el("input", { name: "text", placeholder: t("say"), "aria-label": t("say"), autocomplete: "off", maxlength: 500 });
  const send = async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (text && (await speak(me, other, text))) {
      field.value = "";
      refresh();
    }
  };
  return el("form", { class: "composer", onsubmit: send }, field, el("button", {}, t("send")));
}

function speak(me, other, text) {
  if (other.chat_id) return act("speak", { chat_id: other.chat_id, author: me.id, text });
  return act(me.kind === "customer" ? "reply" : "say", { ...other, text });
}

function closed(me, other) {
  const again = async () => { if (await act("add", other)) refresh(); };
  return el("div", { class: "closed" }, t("notFriends"),
    me.kind === "customer" ? [" · ", el("button", { class: "at", onclick: again }, t("addAgain"))] : null);
}

/** End something after a question; back to the list when it is done. */
export async function endAfterAsking(title, text, yes, done, name, given) {
  const isSure = await ask({ title, text, yes, no: t("cancel"), isDanger: true });
  if (isSure && (await act(name, given))) {
    toast(done);
    back(2);
  }
}
