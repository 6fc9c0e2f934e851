/* The form of a welcome: the phone shows it while it is typed, variables at a click, only the fields of the chosen aim. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-welcome]");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);
  const part = (name) => form.querySelector(`[data-preview="${name}"]`);
  const counter = form.querySelector("[data-bytes]");
  const encoder = new TextEncoder();

  const draw = () => {
    const text = field("text").value;
    part("text").querySelector("[data-words]").textContent = text;
    part("text").hidden = !text;
    counter.textContent = String(encoder.encode(text.trim()).length);
    form.querySelectorAll("[data-words]").forEach((place) => {
      if (place.dataset.words) place.textContent = field(place.dataset.words).value;
    });
    part("link").hidden = !field("link_title").value;
    part("mini").hidden = !field("mini_title").value;
    form.querySelectorAll("[data-scope]").forEach((place) => {
      place.hidden = place.dataset.scope !== field("scope").value;
    });
  };

  const show = (use, source) => {
    const picture = form.querySelector(`[data-picture="${use}"]`);
    if (source) picture.src = source;
    picture.hidden = !source;
    if (use === "image") part("image").hidden = !source;
  };

  ["image", "cover"].forEach((use) => {
    field(use).addEventListener("change", (event) => {
      const [file] = event.target.files;
      if (!file) return;
      const reader = new FileReader();
      reader.addEventListener("load", () => show(use, reader.result));
      reader.readAsDataURL(file);
    });
    const remove = field(`remove_${use}`);
    if (remove) remove.addEventListener("change", () => {
      const picture = form.querySelector(`[data-picture="${use}"]`);
      show(use, remove.checked ? "" : picture.getAttribute("src"));
    });
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const text = field("text");
    text.setRangeText(button.dataset.insert, text.selectionStart, text.selectionEnd, "end");
    text.focus();
    draw();
  });
  form.addEventListener("input", draw);
  form.addEventListener("change", draw);
  draw();
});
