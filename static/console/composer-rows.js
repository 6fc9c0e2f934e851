/* Attachments and versions of the composer: one more, one less. Without this script the button of
   "one more" asks the server for it. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-composer]");
  if (!form) return;
  const kinds = { attachment: "[data-row]", variant: "[data-variant]" };
  const place = (kind) =>
    form.querySelector(`template[data-blank=${kind}]`).previousElementSibling;
  const rows = (kind) => [...place(kind).children].filter((row) => row.matches(kinds[kind]));

  const settle = () => {
    rows("variant").forEach((row, number) => {
      row.querySelector("[data-letter]").textContent = "BCD"[number];
    });
    Object.keys(kinds).forEach((kind) => {
      const button = form.querySelector(`[data-add=${kind}]`);
      button.disabled = rows(kind).length >= Number(place(kind).dataset.most);
    });
    form.querySelectorAll("[data-remove], [data-remove-variant]").forEach((button) => {
      button.hidden = false;
    });
    form.dispatchEvent(new Event("rows"));
  };

  const changed = () => form.dispatchEvent(new Event("input", { bubbles: true }));

  form.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add]");
    const remove = event.target.closest("[data-remove], [data-remove-variant]");
    if (add) {
      event.preventDefault();
      const kind = add.dataset.add;
      const blank = form.querySelector(`template[data-blank=${kind}]`);
      place(kind).append(blank.content.cloneNode(true));
      settle();
      const added = rows(kind).at(-1);
      added.querySelector("input:not([type=hidden]), textarea").focus();
    }
    if (remove) {
      const kind = remove.matches("[data-remove]") ? "attachment" : "variant";
      remove.closest(kinds[kind]).remove();
      form.querySelector(`[data-add=${kind}]`).focus();
      settle();
      changed();
    }
  });
  settle();
});
