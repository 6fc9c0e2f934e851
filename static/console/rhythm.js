/* The rhythm of a recurring broadcast: weekdays only for weeks, a day only for months. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const every = document.querySelector("[name=every]");
  if (!every) return;
  const fit = () => {
    document.querySelectorAll("[data-every]").forEach((part) => {
      part.hidden = part.dataset.every !== every.value;
    });
  };
  every.addEventListener("change", fit);
  fit();
});
