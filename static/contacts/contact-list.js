/* The customer list: dialogs that buttons open, and how many customers an act is for. */
"use strict";

(() => {
  const bar = () => document.getElementById("acts");

  /* The acts can be done once a row is ticked or all that the filter finds are meant. */
  const refresh = () => {
    const form = bar();
    if (!form) return;
    const ticked = document.querySelectorAll('input[name="pick"]:checked').length;
    const all = form.querySelector("[data-everybody]");
    const isEverybody = Boolean(all && all.checked);
    form.querySelector("[data-ticked]").textContent = isEverybody
      ? form.dataset.everybody
      : `${form.dataset.words} ${ticked}`;
    form.querySelectorAll("[data-act]").forEach((button) => {
      button.disabled = !(ticked || isEverybody);
    });
    form.querySelectorAll("[data-who]").forEach((place) => {
      place.textContent = isEverybody ? form.dataset.everybody : `${form.dataset.words} ${ticked}`;
    });
  };

  document.addEventListener("change", refresh);
  document.addEventListener("DOMContentLoaded", refresh);
  window.addEventListener("pageshow", refresh);

  document.addEventListener("click", (event) => {
    const opener = event.target.closest && event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    const closer = event.target.closest && event.target.closest("[data-closes]");
    if (closer) closer.closest("dialog").close();
  });

  /* A download leaves the page as it is, so its dialog closes by itself. */
  document.addEventListener("submit", (event) => {
    const dialog = event.submitter && event.submitter.closest("dialog[data-download]");
    if (dialog) dialog.close();
  });
})();
