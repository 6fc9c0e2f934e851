// Scanning: staff codes, channel codes, group codes, acquisition links.

import { act, get } from "./api.js";
import { avatar, el, icon, pattern } from "./dom.js";
import { back, empty, now, push, row, searchField } from "./nav.js";
import { t } from "./words.js";

/** What can be scanned; `open` shows the chat with the staff member somebody met. */
export function scanScreen(person, open) {
  const search = { text: "" };
  const load = async () => {
    const [staff, codes] = await Promise.all([get("phone/staff", { q: search.text }), get("phone/codes")]);
    return { ...codes, staff: staff.staff, q: search.text.trim().toLowerCase() };
  };
  const meet = (card) => push(meetScreen(person, card, open));
  return {
    key: "scan",
    load,
    title: () => t("scan"),
    under: () => searchField(search),
    body: (data) => [
      el("div", { class: "finder" }, el("span", { class: "frame" }, pattern("scan")), t("scanHint")),
      ...list("channelCodes", fit(data.ways, data.q), "scan", (way) => wayCard(way), meet, t("noCodes")),
      ...list("groupCodes", fit(data.joins, data.q), "people", (way) => joinCard(way), meet),
      ...list("links", fit(data.links, data.q), "link", (link) => linkCard(link), meet),
      ...list("staffCodes", data.staff, "person", (staff) => staffCard(staff), meet, t("nobody")),
    ],
  };
}

function fit(rows, wanted) {
  return wanted ? rows.filter((one) => JSON.stringify(one).toLowerCase().includes(wanted)) : rows;
}

function list(title, rows, image, cardOf, meet, otherwise = "") {
  if (!rows.length && !otherwise) return [];
  return [
    el("p", { class: "group-title" }, t(title)),
    rows.length ? el("ul", { class: "list" }, rows.map((one) => {
      const card = cardOf(one);
      return row({ key: card.key, name: card.name, line: card.line, size: "small", side: icon("scan", 20), onclick: () => meet(card) });
    })) : el("p", { class: "group-title" }, otherwise),
  ];
}

function staffCard(staff) {
  const line = [staff.position, staff.department].filter(Boolean).join(" · ");
  return { key: staff.userid, name: staff.name, line, button: t("add"), act: "add", given: { userid: staff.userid } };
}

function wayCard(way) {
  const line = `${t("anyHost")}：${way.staff.join("、") || "—"}`;
  return { key: way.id, name: way.remark || way.state || way.id.slice(0, 12), line, button: t("add"), act: "scan", given: { config_id: way.id } };
}

function joinCard(way) {
  return { key: way.id, name: way.groups[0] || way.remark || way.id.slice(0, 12), line: way.remark || way.state || way.groups.join("、"),
    button: t("joinGroup"), act: "scan", given: { config_id: way.id }, isGroup: true };
}

function linkCard(link) {
  return { key: link.id, name: link.remark || link.id, line: t("links"), button: t("openLink"), act: "link", given: { link_id: link.id } };
}

/** The card behind a code: who it is, a greeting, and the button. */
function meetScreen(person, card, open) {
  const greeting = el("input", { placeholder: t("greetingHint"), maxlength: 50, "aria-label": t("greeting") });
  const go = async (event) => {
    event.target.disabled = true;
    const more = !card.isGroup && greeting.value.trim() ? { greeting: greeting.value.trim() } : {};
    const met = await act(card.act, { ...card.given, ...more, external_userid: person });
    event.target.disabled = false;
    if (met?.userid) await open(person, met.userid);
    else if (met) back(2);
  };
  return {
    key: `meet-${card.key}`,
    load: async () => card,
    title: () => t("addTitle"),
    body: () => [
      el("div", { class: "card-head" }, avatar(card.name, "big", card.isGroup), el("div", {}, el("h2", {}, card.name), el("p", {}, card.line))),
      card.isGroup ? null : el("label", { class: "field" }, t("greeting"), greeting),
      el("div", { class: "pad" }, el("button", { class: "primary", "data-key": "meet", onclick: go }, card.button)),
    ],
  };
}
