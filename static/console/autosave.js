/* Saves a form by itself a moment after the last key, and says when it did. The server refuses what
   started from an older version; then nothing more is sent and the page says so. Whoever leaves
   with something unsaved is asked first. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-autosave]");
  if (!form) return;
  const REST = 1000;
  const AGAIN = 8000;
  const said = form.querySelector("[data-saved]");
  const conflict = form.querySelector("[data-conflict]");
  const version = form.elements.namedItem("draft_version");
  let timer = 0;
  let isUnsaved = false;
  let isSaving = false;
  let isStopped = false;
  let isLeaving = false;
  let current = Promise.resolve();

  const later = (delay) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      current = save();
    }, delay);
  };

  const stop = (words) => {
    isStopped = true;
    conflict.textContent = words;
    conflict.hidden = false;
    said.textContent = form.dataset.wordsUnsaved;
  };

  const save = async () => {
    if (isSaving || isStopped || isLeaving || !isUnsaved) return;
    isSaving = true;
    isUnsaved = false;
    said.textContent = form.dataset.wordsSaving;
    try {
      const answer = await fetch(form.dataset.autosave, { method: "POST", body: new FormData(form) });
      const type = answer.headers.get("Content-Type") || "";
      if (!answer.ok || !type.includes("json")) throw new Error(String(answer.status));
      const told = await answer.json();
      if (told.refused) {
        isUnsaved = true;
        stop(told.refused);
      } else {
        version.value = told.version;
        said.textContent = told.words;
        window.history.replaceState(null, "", told.address + window.location.hash);
      }
    } catch {
      isUnsaved = true;
      said.textContent = form.dataset.wordsOffline;
      later(AGAIN);
    }
    isSaving = false;
    if (isUnsaved && !isStopped) later(said.textContent === form.dataset.wordsOffline ? AGAIN : REST);
  };

  form.addEventListener("input", () => {
    isUnsaved = true;
    if (!isStopped) {
      said.textContent = form.dataset.wordsUnsaved;
      later(REST);
    }
  });
  /* A saving that is under way raises the version, so the form waits to be sent with the new one. */
  document.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    isLeaving = true;
    if (event.target !== form || !isSaving) return;
    event.preventDefault();
    await current;
    form.requestSubmit(event.submitter);
  });
  window.addEventListener("beforeunload", (event) => {
    if (isUnsaved && !isLeaving) event.preventDefault();
  });
});
