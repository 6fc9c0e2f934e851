/* The form of a journey: the phone shows what is typed, Alt with an arrow moves the step one is in. */
"use strict";

(() => {
  document.addEventListener("input", (event) => {
    const shownAs = event.target.dataset && event.target.dataset.shownAs;
    const bubble = shownAs && document.querySelector(`[data-shows="${CSS.escape(shownAs)}"]`);
    if (bubble) bubble.textContent = event.target.value || "…";
  });

  const WAYS = { ArrowUp: "up", ArrowDown: "down" };
  document.addEventListener("keydown", (event) => {
    const way = event.altKey && WAYS[event.key];
    const step = way && event.target.closest && event.target.closest("[data-step]");
    if (!step) return;
    event.preventDefault();
    const button = step.querySelector(`:scope > .row [data-way="${way}"]`);
    if (button && !button.disabled) {
      button.focus();
      button.click();
    }
  });
})();
