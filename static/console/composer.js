/* The composer: the phone beside the form shows the message while it is typed, in bytes as WeCom counts. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-composer]");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);
  const shown = (name) => form.querySelector(`[data-preview="${name}"]`);
  const counter = form.querySelector("[data-bytes]");
  const encoder = new TextEncoder();

  const draw = () => {
    const text = field("text").value;
    shown("text").textContent = text || "…";
    counter.textContent = String(encoder.encode(text.trim()).length);
    shown("link_title").textContent = field("link_title").value;
    shown("link_desc").textContent = field("link_desc").value;
    shown("link").hidden = !field("link_title").value;
  };
  form.addEventListener("input", draw);
  draw();
});
