// The staff member's phone: WeCom with chats, the broadcast assistant, customers.

import { act, get, post } from "./api.js";
import { ask, avatar, el, toast } from "./dom.js";
import { card, chatScreen, endAfterAsking } from "./chat.js";
import { back, empty, gist, home, now, push, refresh, row, searchField, tabs } from "./nav.js";
import { unread } from "./seen.js";
import { clockTime, t, when } from "./words.js";

let waiting = 0;

export function staffHome(userid) {
  return userid ? deskScreen(userid) : pickScreen();
}

function pickScreen() {
  const search = { text: "" };
  return {
    key: "pick-staff",
    load: () => get("phone/staff", { q: search.text }),
    title: () => t("pickStaff"),
    under: () => searchField(search),
    body: (data) => [
      el("ul", { class: "list" }, data.staff.map((staff) => row({
        key: staff.userid, name: staff.name, line: [staff.position, staff.department, `${staff.customers} ${t("customers")}`].filter(Boolean).join(" · "),
        side: staff.waiting ? el("span", { class: "badge", title: t("waiting") }, String(staff.waiting)) : null, onclick: () => choose(staff.userid) }))),
      data.staff.length ? null : empty("person", t("nobody")),
    ],
  };
}

function choose(userid) {
  document.dispatchEvent(new CustomEvent("phone", { detail: { mode: "staff", id: userid } }));
}

function bottom(userid, active) {
  return tabs([
    { name: "messages", image: "chat", go: () => home(deskScreen(userid)) },
    { name: "assistant", image: "horn", go: () => home(tasksScreen(userid)), badge: waiting },
    { name: "clients", image: "people", go: () => home(clientsScreen(userid)) },
    { name: "me", image: "person", go: () => home(meScreen(userid)) },
  ], active);
}

/** Load a view of this staff member, and keep the number of waiting tasks for the tab bar. */
async function load(userid, view, query = {}) {
  const [data, desk] = await Promise.all([get(`phone/${view}`, { userid, ...query }), view === "desk" ? null : get("phone/desk", { userid })]);
  waiting = (desk || data).waiting;
  return { ...data, waiting };
}

function footed(userid, tab, screen) {
  return { ...screen, footKey: (data) => `${tab}-${data.waiting}`, foot: () => bottom(userid, tab) };
}

function deskScreen(userid) {
  return footed(userid, "messages", {
    key: `desk-${userid}`,
    isWhite: true,
    load: () => load(userid, "desk"),
    title: () => t("messages"),
    sub: (data) => `${data.staff.name} · ${data.staff.corp}`,
    salt: () => String(localStorage.getItem("seen")) + Math.floor(now.second / 86400),
    body: (data) => {
      const fresh = unread(userid, data.chats);
      const assistant = data.waiting ? row({ key: "assistant", name: t("assistant"), line: `${data.waiting} ${t("waiting")}`,
        side: el("span", { class: "badge" }, String(data.waiting)), onclick: () => home(tasksScreen(userid)) }) : null;
      return [el("ul", { class: "list" }, assistant, data.chats.map((chat) => chatRow(userid, chat, fresh.get(chat.id)))),
        data.chats.length || assistant ? null : empty("chat", t("emptyClients"))];
    },
  });
}

function chatRow(userid, chat, fresh) {
  const name = chat.kind === "customer" ? [chat.name, " ", el("span", { class: "at" }, "@微信")] : [chat.name];
  return row({
    key: chat.id, name: { text: chat.name, nodes: name }, line: gist(chat.last), isGroup: chat.kind === "group", isGone: !chat.active,
    side: [when(chat.last.at, now.second), fresh ? el("span", { class: "badge" }, String(fresh)) : null],
    onclick: () => push(chat.kind === "group" ? groupChat(userid, chat.id) : clientChat(userid, chat.id)),
  });
}

function clientChat(userid, person) {
  return chatScreen({ kind: "staff", id: userid }, { userid, external_userid: person }, () => clientScreen(userid, person));
}

function groupChat(userid, chatId) {
  return chatScreen({ kind: "staff", id: userid }, { chat_id: chatId }, (group) => ({
    key: `group-${chatId}`, load: async () => group, title: () => t("details"),
    body: () => [el("div", { class: "card-head" }, avatar(group.name, "big", true), el("div", {}, el("h2", {}, group.name), el("p", {}, `${group.members} ${t("members")}`)))],
  }));
}

function tasksScreen(userid) {
  const part = (title, tasks) => (tasks.length ? [el("p", { class: "group-title" }, `${t(title)} · ${tasks.length}`), ...tasks.map((task) => taskCard(userid, task))] : []);
  return footed(userid, "assistant", {
    key: `tasks-${userid}`,
    load: () => load(userid, "tasks"),
    title: () => t("assistant"),
    body: (data) => (data.tasks.length
      ? [...part("tasksOpen", data.tasks.filter((task) => task.state === "open")), ...part("tasksDone", data.tasks.filter((task) => task.state !== "open"))]
      : [empty("horn", t("emptyTasks"))]),
  });
}

function receivers(task) {
  return t(task.chat_type === "group" ? "toGroups" : "toCustomers", task.receivers);
}

function taskCard(userid, task) {
  const parts = task.cards.map((one) => t(`card_${one.kind}`)).join(" ");
  return el("article", { class: "task" },
    el("button", { class: "sr-wrap", "data-key": task.msgid, onclick: () => push(taskScreen(userid, task.msgid)), "aria-label": `${t("assistant")} ${task.text.slice(0, 30)}` },
      el("header", {}, el("b", {}, t("taskFrom")), el("span", { class: `state ${task.state}` }, t(`state_${task.state}`))),
      el("p", { class: "quote short" }, [task.text, parts].filter(Boolean).join("\n"))),
    el("footer", {}, el("span", {}, receivers(task)), el("time", {}, when(task.at, now.second, true))));
}

function taskScreen(userid, msgid) {
  const picked = new Set();
  const mode = { isPicking: false };
  return {
    key: `task-${msgid}`,
    load: async () => (await get("phone/tasks", { userid, msgid })).tasks[0],
    title: () => t("taskFrom"),
    salt: () => `${mode.isPicking}${[...picked].join()}`,
    body: (task) => [
      el("article", { class: "task" },
        el("header", {}, el("b", {}, receivers(task)), el("span", { class: `state ${task.state}` }, t(`state_${task.state}`))),
        task.text ? el("p", { class: "quote" }, task.text) : null,
        task.cards.length ? el("div", { class: "stream" }, task.cards.map((one) => card(one))) : null,
        el("footer", {}, el("span", {}, task.reminders ? t("reminded", task.reminders) : ""), el("time", {}, when(task.at, now.second, true)))),
      task.state === "sent" ? el("p", { class: "group-title" }, `${clockTime(task.sent_at)} · ${t("outcome", task.outcome[1], task.outcome[2], task.outcome[3])}`) : null,
      task.state === "open" || task.state === "ignored" ? buttons(userid, task, mode, picked) : null,
      mode.isPicking ? choices(task, picked) : null,
    ],
  };
}

function buttons(userid, task, mode, picked) {
  const send = mode.isPicking
    ? el("button", { class: "primary", "data-key": "send", disabled: !picked.size, onclick: () => confirm(userid, task, [...picked]) }, t("sendChosen", picked.size))
    : el("button", { class: "primary", "data-key": "send", onclick: () => confirm(userid, task) }, t("sendAll"));
  const choose_ = el("button", { class: "second", "data-key": "choose", disabled: !task.allow_select, title: task.allow_select ? "" : t("selectNot"),
    onclick: () => { mode.isPicking = !mode.isPicking; refresh(); } }, mode.isPicking ? t("cancel") : t("sendSome"));
  const ignore = el("button", { class: "second", "data-key": "ignore", onclick: async () => {
    if (await post("ignore", { msgid: task.msgid, userid })) { toast(t("ignored")); back(); }
  } }, t("ignore"));
  return el("div", { class: "pad" }, send, el("div", { class: "two" }, choose_, ignore));
}

function choices(task, picked) {
  const toggle = (id) => { if (!picked.delete(id)) picked.add(id); refresh(); };
  return el("div", { class: "chips" }, task.targets.map((target) =>
    el("button", { class: "chip", "data-key": target.id, "aria-pressed": String(picked.has(target.id)), onclick: () => toggle(target.id) }, target.name)));
}

async function confirm(userid, task, chosen = null) {
  const count = chosen ? chosen.length : task.receivers;
  const text = t(task.chat_type === "group" ? "toGroups" : "toCustomers", count);
  if (!(await ask({ title: t("sendAsk"), text, yes: t("send"), no: t("cancel") }))) return;
  const outcome = await post("confirm", { msgid: task.msgid, userid, ...(chosen ? { chosen } : {}) });
  if (outcome) toast(t("sentTo", outcome.reached));
  refresh();
}

function clientsScreen(userid) {
  const search = { text: "" };
  return footed(userid, "clients", {
    key: `clients-${userid}`,
    isWhite: true,
    load: () => load(userid, "clients", { q: search.text }),
    title: (data) => `${t("clients")}（${data.total}）`,
    under: () => searchField(search),
    body: (data) => [
      el("ul", { class: "list" }, data.clients.map((client) => row({
        key: client.external_userid, name: client.remark || client.name, size: "small",
        line: client.tags.length ? client.tags.slice(0, 4).map((tag) => el("i", { class: "tag" }, tag)) : client.state || t("fromWechat"),
        side: when(client.at, now.second), onclick: () => push(clientScreen(userid, client.external_userid)) }))),
      data.clients.length ? null : empty("people", t(search.text ? "nobody" : "emptyClients")),
    ],
  });
}

function clientScreen(userid, person) {
  const given = { userid, external_userid: person };
  return {
    key: `client-${person}`,
    load: () => get("phone/client", given),
    title: () => t("details"),
    body: (data) => [
      el("div", { class: "card-head" }, avatar(data.name, "big"), el("div", {}, el("h2", {}, data.remark || data.name), el("p", {}, "@微信"))),
      el("dl", { class: "fields" }, [[t("nickname"), data.name], [t("source"), data.state], [t("addedAt"), when(data.at, now.second, true)]]
        .filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
      ...(data.active ? clientActs(given, data) : []),
    ],
  };
}

function clientActs(given, data) {
  return [
    el("button", { class: "wide", "data-key": "chat", onclick: () => push(clientChat(given.userid, given.external_userid)) }, t("chat")),
    el("button", { class: "wide", "data-key": "remark", onclick: () => editRemark(given, data.remark) }, t("editRemark")),
    el("p", { class: "group-title" }, t("tags")),
    ...data.tag_groups.flatMap((group) => [el("p", { class: "group-title" }, group.name),
      el("div", { class: "chips" }, group.tags.map((tag) => el("button", { class: "chip", "data-key": tag.id, "aria-pressed": String(tag.on),
        onclick: async () => { if (await act(tag.on ? "untag" : "tag", { ...given, tag_id: tag.id })) refresh(); } }, tag.name)))]),
    el("button", { class: "wide danger", "data-key": "delete",
      onclick: () => endAfterAsking(t("deleteClient"), t("deleteClientAsk"), t("delete"), t("deleted"), "delete", { ...given, by: "staff" }) }, t("deleteClient")),
  ];
}

async function editRemark(given, remark) {
  const text = await ask({ title: t("remark"), input: remark, yes: t("save"), no: t("cancel") });
  if (text !== null && (await act("remark", { ...given, remark: text }))) {
    toast(t("saved"));
    refresh();
  }
}

function meScreen(userid) {
  return footed(userid, "me", {
    key: `me-${userid}`,
    load: () => load(userid, "desk"),
    title: () => t("me"),
    body: ({ staff }) => [
      el("div", { class: "card-head" }, avatar(staff.name, "big"), el("div", {}, el("h2", {}, staff.name),
        el("p", {}, [staff.position, staff.department].filter(Boolean).join(" · ")), el("p", {}, `${staff.customers} ${t("customers")}`))),
      el("button", { class: "wide", "data-key": "switch", onclick: () => choose("") }, t("switchPerson")),
    ],
  });
}
