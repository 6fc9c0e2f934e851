// Talking to the simulator's control API.

import { toast } from "./dom.js";
import { problem } from "./words.js";

async function call(method, path, body) {
  const answer = await fetch(`/sim/${path}`, { method, body: body && JSON.stringify(body) });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error || String(answer.status));
  return data;
}

export function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const text = new URLSearchParams(given).toString();
  return call("GET", text ? `${path}?${text}` : path);
}

/** Do something; null, and the reason on the screen, when the world does not allow it. */
export async function post(path, body, method = "POST") {
  try {
    return await call(method, path, body);
  } catch (error) {
    toast(problem(error.message), true);
    return null;
  }
}

export function act(name, given) {
  return post("act", { act: name, ...given });
}
