// The customer's phone: WeChat with its chats, the scanner, the shop.

import { act, get } from "./api.js";
import { ask, avatar, colour, el, icon, toast } from "./dom.js";
import { chatScreen, endAfterAsking } from "./chat.js";
import { back, empty, gist, home, iconButton, now, push, refresh, row, searchField, tabs } from "./nav.js";
import { scanScreen } from "./scan.js";
import { unread } from "./seen.js";
import { t, when, yuan } from "./words.js";

const GOODS = { 绿茶: "🍵", 红茶: "🫖", 普洱: "🟤", 白茶: "🍃", 花茶: "🌼" };

export function customerHome(person) {
  return person ? chatsScreen(person) : pickScreen();
}

function pickScreen() {
  const search = { text: "" };
  return {
    key: "pick-customer",
    load: () => get("phone/customers", { q: search.text }),
    title: () => t("pickCustomer"),
    end: () => iconButton("plus", t("newPerson"), newcomer),
    under: () => searchField(search),
    body: (data) => [
      el("p", { class: "group-title" }, t("pickCustomerHint")),
      el("ul", { class: "list" }, data.customers.map((person) => row({
        key: person.external_userid, name: person.name, side: person.phone.slice(-4) || null,
        line: person.friends ? `${person.friends} ${t("friends")}` : t("noFriends"),
        onclick: () => choose(person.external_userid) }))),
      data.customers.length ? null : empty("person", t("nobody")),
      el("div", { class: "pad" }, el("button", { class: "primary", "data-key": "new", onclick: newcomer }, t("newPerson"))),
    ],
  };
}

function choose(person) {
  document.dispatchEvent(new CustomEvent("phone", { detail: { mode: "customer", id: person } }));
}

async function newcomer() {
  const name = await ask({ title: t("newPerson"), text: t("newPersonHint"), input: "", yes: t("ok"), no: t("cancel") });
  if (name === null) return;
  const made = await act("arrive", name.trim() ? { name: name.trim() } : {});
  if (made) choose(made.external_userid);
}

function bottom(person, active) {
  return tabs([
    { name: "chats", image: "chat", go: () => home(chatsScreen(person)) },
    { name: "discover", image: "compass", go: () => home(discoverScreen(person)) },
    { name: "me", image: "person", go: () => home(meScreen(person)) },
  ], active);
}

function chatsScreen(person) {
  return {
    key: `chats-${person}`,
    isWhite: true,
    load: () => get("phone/customer", { external_userid: person }),
    title: () => t("chats"),
    sub: (data) => data.person.name,
    end: () => iconButton("plus", t("scan"), () => push(scanScreen(person, openStaff))),
    salt: () => String(localStorage.getItem("seen")) + Math.floor(now.second / 86400),
    body: (data) => {
      const fresh = unread(person, data.chats);
      return data.chats.length
        ? [el("ul", { class: "list" }, data.chats.map((chat) => chatRow(person, chat, fresh.get(chat.id))))]
        : [empty("chat", t("emptyChats")), el("div", { class: "pad" },
          el("button", { class: "primary", "data-key": "scan", onclick: () => push(scanScreen(person, openStaff)) }, t("scan")))];
    },
    foot: () => bottom(person, "chats"),
  };
}

function chatRow(person, chat, fresh) {
  const name = chat.kind === "staff" ? [chat.name, " ", el("span", { class: "at" }, `@${chat.corp}`)] : [chat.name];
  return row({
    key: chat.id, name: { text: chat.name, nodes: name }, line: gist(chat.last), isGroup: chat.kind === "group", isGone: !chat.active,
    side: [when(chat.last.at, now.second), fresh ? el("span", { class: "badge", "aria-label": `${fresh}` }, String(fresh)) : null],
    onclick: () => (chat.kind === "group" ? push(groupChat(person, chat.id)) : openStaff(person, chat.id)),
  });
}

/** Open the chat with a staff member, over the chat list. */
export function openStaff(person, userid) {
  home(chatsScreen(person));
  const other = { userid, external_userid: person };
  return push(chatScreen({ kind: "customer", id: person }, other, (data) => friendScreen(person, data)));
}

function groupChat(person, chatId) {
  return chatScreen({ kind: "customer", id: person }, { chat_id: chatId }, (data) => groupScreen(person, chatId, data));
}

function fields(pairs) {
  return el("dl", { class: "fields" }, pairs.filter(([, value]) => value).map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function head(name, lines, isGroup = false) {
  return el("div", { class: "card-head" }, avatar(name, "big", isGroup), el("div", {}, el("h2", {}, name), lines.map((line) => el("p", {}, line))));
}

function friendScreen(person, { staff, active }) {
  const given = { userid: staff.userid, external_userid: person };
  return {
    key: `friend-${staff.userid}`,
    load: async () => staff,
    title: () => t("details"),
    body: () => [
      head(staff.name, [`@${staff.corp}`]),
      fields([[t("position"), staff.position], [t("department"), staff.department], [t("corp"), staff.corp]]),
      active ? el("button", { class: "wide", "data-key": "pay", onclick: () => payTo(given) }, t("pay")) : null,
      active ? el("button", { class: "wide danger", "data-key": "delete",
        onclick: () => endAfterAsking(t("deleteFriend"), t("deleteFriendAsk"), t("delete"), t("deleted"), "delete", { ...given, by: "contact" }) },
      t("deleteFriend")) : null,
    ],
  };
}

function groupScreen(person, chatId, group) {
  const given = { chat_id: chatId, external_userid: person };
  return {
    key: `group-${chatId}`,
    load: async () => group,
    title: () => t("details"),
    body: () => [
      head(group.name, [`${group.members} ${t("members")}`], true),
      fields([[t("notice"), group.notice]]),
      el("button", { class: "wide danger", "data-key": "leave",
        onclick: () => endAfterAsking(t("leaveGroup"), t("leaveAsk"), t("leaveGroup"), t("left"), "leave", given) }, t("leaveGroup")),
    ],
  };
}

async function payTo(given) {
  const text = await ask({ title: t("pay"), text: t("payHint"), input: "99", yes: t("ok"), no: t("cancel") });
  const amount = Math.round(Number(text) * 100);
  if (text !== null && (await act("pay", { ...given, amount_fen: amount || 0 }))) {
    toast(`${t("paid")} ${yuan(amount)}`);
    back();
  }
}

function discoverScreen(person) {
  const go = (image, name, screen) => el("li", {}, el("button", { class: "row", "data-key": name, onclick: () => push(screen()) },
    el("span", { class: "avatar small", background: colour(name) }, icon(image)), el("span", { class: "words" }, el("b", {}, t(name)))));
  return {
    key: "discover",
    load: async () => ({}),
    title: () => t("discover"),
    body: () => [el("ul", { class: "list" }, go("scan", "scan", () => scanScreen(person, openStaff)), go("shop", "shop", () => shopScreen(person)))],
    foot: () => bottom(person, "discover"),
  };
}

function shopScreen(person) {
  return {
    key: "shop",
    load: () => get("phone/shop"),
    title: () => t("shop"),
    body: (data) => [el("div", { class: "goods" }, data.products.map((product) =>
      el("button", { "data-key": product.name, onclick: () => buy(person, product) },
        el("span", { class: "photo", background: `${colour(product.kind)}33` }, GOODS[product.kind] || "🍵"),
        el("b", {}, product.name), el("span", {}, yuan(product.fen)))))],
  };
}

async function buy(person, product) {
  const isSure = await ask({ title: t("buyAsk"), text: `${product.name} · ${yuan(product.fen)}`, yes: t("buy"), no: t("cancel") });
  if (isSure && (await act("order", { external_userid: person, product: product.name, amount_fen: product.fen }))) {
    toast(`${t("bought")} ${product.name}`);
    refresh();
  }
}

function meScreen(person) {
  const load = async () => {
    const [home_, bought] = await Promise.all([get("phone/customer", { external_userid: person }), get("phone/orders", { external_userid: person })]);
    return { person: home_.person, ...bought };
  };
  return {
    key: `me-${person}`,
    load,
    title: () => t("me"),
    body: (data) => [
      head(data.person.name, [data.person.phone.replace(/^(\d{3})\d{4}/, "$1****"), `${data.person.friends} ${t("friends")}`]),
      el("button", { class: "wide", "data-key": "switch", onclick: () => choose("") }, t("switchPerson")),
      el("p", { class: "group-title" }, `${t("orders")} · ${data.count}`),
      data.orders.length ? el("ul", { class: "list" }, data.orders.map((order) => el("li", { class: "row" },
        el("span", { class: "words" }, el("b", {}, order.name), el("span", {}, when(order.at, now.second, true) + (order.to ? ` · ${t("paidTo")} ${order.to}` : ""))),
        el("span", { class: "side" }, yuan(order.fen))))) : empty("shop", t("noOrders")),
    ],
    foot: () => bottom(person, "me"),
  };
}
