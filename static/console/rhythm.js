/* Parts of a form that belong to one choice of a select: weekdays only for weeks, a day only for
   months, staff only for WeCom. `data-every="week"` stands beside the select named "every". */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  ["every", "channel"].forEach((name) => {
    const choice = document.querySelector(`select[name=${name}]`);
    if (!choice) return;
    const fit = () => {
      document.querySelectorAll(`[data-${name}]`).forEach((part) => {
        part.hidden = part.dataset[name] !== choice.value;
      });
    };
    choice.addEventListener("change", fit);
    fit();
  });
});
