/* Hints on a text while it is typed: asks the server half a second after the last key. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const token = () => (document.querySelector('meta[name="csrf-token"]') || {}).content || "";

  document.querySelectorAll("[data-lint]").forEach((block) => {
    const field = document.querySelector(`[name="${block.dataset.lint}"]`);
    if (!field) return;
    const around = field.form || field;
    const links = () => [...(field.form ? field.form.elements : [])].filter(
      (other) => other.name === block.dataset.links && other.value.trim(),
    ).length;
    const place = (name) => block.querySelector(`[data-lint-${name}]`);
    let timer = 0;
    let asked = 0;

    const show = (found, isEmpty) => {
      place("reading").textContent = isEmpty ? "–" : found.reading;
      place("ratio").textContent = isEmpty ? "–" : `${found.you} : ${found.we}`;
      place("promo").textContent = isEmpty ? "–" : `${Math.round(found.promo_share * 100)} %`;
      place("hints").replaceChildren(...(isEmpty ? [] : found.hints).map((hint) => {
        const line = document.createElement("li");
        line.textContent = hint.words;
        return line;
      }));
    };

    const ask = async () => {
      const text = field.value;
      if (!text.trim()) {
        show({}, true);
        return;
      }
      const turn = ++asked;
      const body = new URLSearchParams({ text, links: String(links()) });
      try {
        const answer = await fetch(block.dataset.url, {
          method: "POST", body, headers: { "X-CSRFToken": token(), Accept: "application/json" },
        });
        if (answer.ok && turn === asked) show(await answer.json(), false);
      } catch {
        /* Without an answer the last hints stay; the next key asks again. */
      }
    };

    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(ask, 500);
    };
    around.addEventListener("input", ({ target }) => {
      if (target === field || target === around || target.name === block.dataset.links) later();
    });
    ask();
  });
});
