// What this browser has read on each phone, for the red numbers.

const KEY = "seen";
const seen = JSON.parse(localStorage.getItem(KEY) || "{}");

function keep() {
  localStorage.setItem(KEY, JSON.stringify(seen));
}

/** How many messages of each chat are new. A phone looked at for the first time has read all. */
export function unread(me, chats) {
  if (!seen[me]) {
    seen[me] = Object.fromEntries(chats.map((chat) => [chat.id, chat.incoming]));
    keep();
  }
  return new Map(chats.map((chat) => [chat.id, Math.max(0, chat.incoming - (seen[me][chat.id] || 0))]));
}

export function markSeen(me, chat, incoming) {
  if (seen[me]?.[chat] === incoming) return;
  seen[me] = { ...seen[me], [chat]: incoming };
  keep();
}
