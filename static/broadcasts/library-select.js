/* Beside a list of pieces of the library: a button that opens the library as a dialog with pictures
   and a search. Listens on the page, so that rows and steps added later have it, too. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const dialog = document.querySelector("[data-library-dialog]");
  if (!dialog) return;
  const items = dialog.querySelector("[data-items]");
  const search = dialog.querySelector("[data-search]");
  let select = null;
  let timer = 0;

  const load = async () => {
    const asked = new URLSearchParams({ text: search.value, kinds: dialog.dataset.kinds });
    const answer = await fetch(`${dialog.dataset.url}?${asked}`);
    if (answer.ok) items.innerHTML = await answer.text();
  };

  const choose = ({ id, name }, picture) => {
    if (![...select.options].some((option) => option.value === id)) {
      const option = new Option(name, id);
      if (picture) option.dataset.picture = picture;
      select.add(option);
    }
    select.value = id;
    select.dispatchEvent(new Event("input", { bubbles: true }));
    select.dispatchEvent(new Event("change", { bubbles: true }));
    dialog.close();
    select.focus();
  };

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-library]");
    if (!opener) return;
    select = opener.closest(".field").querySelector("select");
    search.value = "";
    dialog.showModal();
    load();
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, 300);
  });
  items.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pick]");
    if (button) choose({ ...button.dataset }, button.querySelector("img")?.getAttribute("src"));
  });
});
