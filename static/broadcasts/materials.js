/* The library: uploads with their progress, previews while typing, and the dialog that picks. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-material]").forEach(preview);
  document.querySelectorAll("[data-upload]").forEach(upload);
  document.querySelectorAll("[data-picker]").forEach(picker);

  /* The phone and the counters beside a form. */
  function preview(form) {
    const encoder = new TextEncoder();
    const draw = () => {
      form.querySelectorAll("[data-words]").forEach((place) => {
        const field = form.elements.namedItem(place.dataset.words);
        if (field) place.textContent = field.value;
      });
      form.querySelectorAll("[data-bytes]").forEach((place) => {
        const field = form.elements.namedItem(place.dataset.bytes);
        place.textContent = String(encoder.encode(field.value.trim()).length);
      });
    };
    form.addEventListener("input", draw);
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-insert]");
      if (!button) return;
      const text = form.elements.namedItem("text");
      text.setRangeText(button.dataset.insert, text.selectionStart, text.selectionEnd, "end");
      text.focus();
      text.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const file = form.elements.namedItem("file");
    if (file) file.addEventListener("change", () => {
      const [chosen] = file.files;
      const named = form.querySelector("[data-filename]");
      if (named && chosen) named.textContent = chosen.name;
      const picture = form.querySelector("[data-picture]");
      if (!picture || !chosen) return;
      const reader = new FileReader();
      reader.addEventListener("load", () => { picture.src = reader.result; picture.hidden = false; });
      reader.readAsDataURL(chosen);
    });
    draw();
  }

  /* A form with a file goes up with a bar; its errors come back beside the fields. */
  function upload(form) {
    const file = form.elements.namedItem("file");
    const progress = form.querySelector("[data-progress]");
    if (!file || !progress) return;
    form.addEventListener("submit", (event) => {
      if (!file.files.length) return;
      event.preventDefault();
      const request = new XMLHttpRequest();
      request.open("POST", form.action || window.location.href);
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", (sent) => {
        const percent = sent.lengthComputable ? Math.round((100 * sent.loaded) / sent.total) : 0;
        progress.querySelector("[data-percent]").textContent = String(percent);
        progress.querySelector("[data-bar]").style.width = `${percent}%`;
      });
      request.addEventListener("load", () => {
        const answer = parsed(request.responseText);
        if (request.status === 200 && answer.url) window.location.assign(answer.url);
        else if (answer.errors) failed(form, answer.errors);
        else form.submit();
      });
      request.addEventListener("error", () => form.submit());
      progress.hidden = false;
      form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
      request.send(new FormData(form));
    });

    function failed(form, errors) {
      progress.hidden = true;
      form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
      form.querySelector("[data-problems]").hidden = false;
      form.querySelectorAll("[data-field]").forEach((place) => {
        const found = errors[place.dataset.field] || [];
        place.classList.toggle("has-error", found.length > 0);
        place.querySelectorAll(".error").forEach((line) => line.remove());
        found.forEach((words) => {
          const line = document.createElement("span");
          line.className = "error";
          line.textContent = words;
          place.append(line);
        });
      });
    }
  }

  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch {
      return {};
    }
  }

  /* What is chosen stands as chips above the button and as JSON in the hidden field. */
  function picker(block) {
    const field = block.querySelector("input[type=hidden]");
    const list = block.querySelector("[data-chosen]");
    const dialog = block.querySelector("dialog");
    const items = block.querySelector("[data-items]");
    const search = block.querySelector("[data-search]");
    const form = block.closest("form");
    let chosen = [...list.children].map((node) => ({ ...node.dataset }));
    let timer = 0;

    const draw = () => {
      field.value = JSON.stringify(chosen.map((one) => ({ msgtype: "material", material: Number(one.id) })));
      list.replaceChildren(...chosen.map((one, place) => {
        const chip = block.querySelector("[data-chip]").content.firstElementChild.cloneNode(true);
        const label = chip.querySelector("[data-kind-label]");
        if (one.kindLabel) label.textContent = one.kindLabel;
        else label.remove();
        chip.querySelector("[data-label]").textContent = one.name;
        chip.querySelector("[data-remove]").addEventListener("click", () => {
          chosen = chosen.filter((_other, index) => index !== place);
          draw();
        });
        return chip;
      }));
      block.dispatchEvent(new CustomEvent("materials", { bubbles: true, detail: { items: chosen } }));
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };

    const load = async () => {
      const asked = new URLSearchParams({ text: search.value, kinds: block.dataset.kinds });
      const answer = await fetch(`${block.dataset.url}?${asked}`);
      if (answer.ok) items.innerHTML = await answer.text();
    };

    const take = (one) => {
      const text = block.dataset.text && form.elements.namedItem(block.dataset.text);
      if (one.kind === "text") {
        if (!text) return;
        text.setRangeText(one.words, text.selectionStart, text.selectionEnd, "end");
        text.dispatchEvent(new Event("input", { bubbles: true }));
      } else if (!chosen.some((other) => other.id === one.id)) {
        chosen = [...chosen, one];
        draw();
      }
    };

    block.querySelector("[data-picker-open]").addEventListener("click", () => {
      dialog.showModal();
      load();
    });
    block.querySelector("[data-picker-close]").addEventListener("click", () => dialog.close());
    search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(load, 300);
    });
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    items.addEventListener("click", (event) => {
      const button = event.target.closest("[data-pick]");
      if (!button) return;
      take({ ...button.dataset });
      dialog.close();
    });
    if (chosen.length) draw();
  }
});
