/* The composer: the phone beside the form shows the message while it is typed, in bytes as WeCom
   counts; fields that do not belong to the chosen kind step aside. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("[data-composer]");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);
  const counter = form.querySelector("[data-bytes]");
  const bubble = form.querySelector("[data-preview=text]");
  const cards = form.querySelector("[data-preview=attachments]");
  const blank = form.querySelector("template[data-preview-card]");
  const tabs = form.querySelector("[data-preview-tabs]");
  const encoder = new TextEncoder();
  let shown = 0;

  const of = (row, part) => row.querySelector(`[name$=_${part}]`);
  const attachment = (row) => {
    const material = of(row, "material");
    if (material.value && material.selectedOptions) {
      const [chosen] = material.selectedOptions;
      return { title: chosen.textContent, desc: "", ...chosen.dataset };
    }
    if (material.value) return { title: `#${material.value}`, desc: "" };
    const title = of(row, "title").value || of(row, "url").value;
    return title ? { title, desc: of(row, "desc").value } : null;
  };
  const attachments = (rows) => [...rows].map(attachment).filter(Boolean);

  /* Version A is the message itself; the others take its attachments when they have none. */
  const versions = () => {
    const own = attachments(form.querySelectorAll("[data-row]:not([data-variant] *)"));
    const found = [{ letter: "A", text: field("text").value, cards: own }];
    form.querySelectorAll("[data-variant]").forEach((variant) => {
      const theirs = attachments(variant.querySelectorAll("[data-row]"));
      found.push({
        letter: variant.querySelector("[data-letter]").textContent,
        text: variant.querySelector("[name=variant_text]").value,
        cards: theirs.length ? theirs : own,
      });
    });
    return found;
  };

  const card = ({ title, desc, picture }) => {
    const drawn = blank.content.cloneNode(true);
    const image = drawn.querySelector("img");
    image.hidden = !picture;
    if (picture) image.src = picture;
    drawn.querySelector(".strong").textContent = title;
    drawn.querySelector(".muted").textContent = desc;
    return drawn;
  };

  const tab = ({ letter }, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small";
    button.textContent = letter;
    button.setAttribute("aria-pressed", String(place === shown));
    button.addEventListener("click", () => {
      shown = place;
      draw();
      tabs.children[place].focus();
    });
    return button;
  };

  const draw = () => {
    const all = versions();
    shown = Math.min(shown, all.length - 1);
    bubble.textContent = all[shown].text || "…";
    cards.replaceChildren(...all[shown].cards.map(card));
    tabs.hidden = all.length < 2;
    tabs.replaceChildren(...all.map(tab));
    counter.textContent = String(encoder.encode(field("text").value.trim()).length);
  };

  const fit = () => {
    const kind = field("kind").value;
    form.querySelectorAll("[data-only]").forEach((part) => {
      part.hidden = Boolean(kind) && part.dataset.only !== kind;
    });
  };

  form.addEventListener("input", (event) => {
    const variants = [...form.querySelectorAll("[data-variant]")];
    const within = event.target.closest("[data-variant]");
    if (within) shown = variants.indexOf(within) + 1;
    else if (event.target.name === "text") shown = 0;
    draw();
  });
  /* Variables go where the cursor is, in the text that was edited last. */
  let edited = field("text");
  form.addEventListener("focusin", (event) => {
    if (event.target.matches("textarea")) edited = event.target;
  });
  form.querySelectorAll("[data-insert]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => {
      edited.setRangeText(button.dataset.insert, edited.selectionStart, edited.selectionEnd, "end");
      edited.focus();
      edited.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });

  form.addEventListener("change", fit);
  form.addEventListener("rows", draw);
  fit();
  draw();
});
