/* Pickers: type, choose with the mouse or arrow keys and Enter, Escape closes. What is chosen is a
   chip with a hidden input, so that the form is an ordinary one. */
"use strict";

(() => {
  let asked = 0;

  const element = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const inputOf = (picker) => picker.querySelector("[role=combobox]");
  const optionsOf = (picker) => picker.querySelector("[role=listbox]");
  const found = (picker) => [...optionsOf(picker).querySelectorAll("[role=option]")];
  const chosenKeys = (picker) =>
    [...picker.querySelectorAll("input[type=hidden]")].map((input) => input.value);

  const close = (picker) => {
    optionsOf(picker).hidden = true;
    inputOf(picker).setAttribute("aria-expanded", "false");
    inputOf(picker).removeAttribute("aria-activedescendant");
  };

  const mark = (picker, active) => {
    for (const option of found(picker)) {
      option.setAttribute("aria-selected", String(option === active));
      option.toggleAttribute("data-active", option === active);
    }
    if (!active) return;
    inputOf(picker).setAttribute("aria-activedescendant", active.id);
    active.scrollIntoView({ block: "nearest" });
  };

  const choose = (picker, option) => {
    const label = option.textContent;
    const remove = element("button", {
      type: "button", "aria-label": `${picker.dataset.remove} ${label}`,
    }, "×");
    const hidden = element("input", {
      type: "hidden", name: picker.dataset.picker, value: option.dataset.key,
    });
    picker.querySelector(".chosen").append(
      element("span", { class: "chip" }, element("span", {}, label), hidden, remove),
    );
    inputOf(picker).value = "";
    close(picker);
    picker.dispatchEvent(new Event("change", { bubbles: true }));
  };

  const draw = (picker, choices) => {
    const list = optionsOf(picker);
    const rows = [];
    let heading = "";
    choices.forEach((choice, index) => {
      if (choice.group && choice.group !== heading) {
        heading = choice.group;
        rows.push(element("li", { class: "heading", role: "presentation" }, heading));
      }
      rows.push(element("li", {
        role: "option", id: `${list.id}-${index}`, "aria-selected": "false", "data-key": choice.key,
      }, choice.label));
    });
    if (!rows.length) {
      rows.push(element("li", { class: "heading", role: "presentation" }, picker.dataset.nothing));
    }
    list.replaceChildren(...rows);
    list.hidden = false;
    inputOf(picker).setAttribute("aria-expanded", "true");
  };

  const look = async (picker) => {
    const turn = (asked += 1);
    const input = inputOf(picker);
    const question = new URLSearchParams({ field: picker.dataset.source, q: input.value });
    let choices = [];
    try {
      const answer = await fetch(`${picker.dataset.url}?${question}`);
      if (answer.ok) choices = (await answer.json()).choices;
    } catch {
      choices = [];
    }
    if (turn !== asked || document.activeElement !== input) return;
    const chosen = chosenKeys(picker);
    const isFull = chosen.length >= Number(picker.dataset.most);
    draw(picker, isFull ? [] : choices.filter((choice) => !chosen.includes(String(choice.key))));
  };

  const press = (event, picker) => {
    const options = found(picker);
    const isOpen = !optionsOf(picker).hidden;
    const active = options.findIndex((option) => option.hasAttribute("data-active"));
    if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      close(picker);
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      if (options.length) choose(picker, options[Math.max(active, 0)]);
    } else if (event.key === "Backspace" && !event.target.value) {
      picker.querySelector(".chosen > :last-child")?.remove();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isOpen) look(picker);
      else if (options.length) {
        const step = event.key === "ArrowDown" ? 1 : -1;
        const next = active < 0 && step < 0 ? options.length - 1 : active + step;
        mark(picker, options[(next + options.length) % options.length]);
      }
    }
  };

  const within = (event) => event.target.closest && event.target.closest("[data-picker]");
  const isInput = (event) => event.target.matches && event.target.matches("[role=combobox]");

  document.addEventListener("input", (event) => {
    if (within(event) && isInput(event)) look(within(event));
  });
  document.addEventListener("focusin", (event) => {
    if (within(event) && isInput(event)) look(within(event));
  });
  document.addEventListener("focusout", (event) => {
    if (within(event) && isInput(event)) close(within(event));
  });
  document.addEventListener("keydown", (event) => {
    if (within(event) && isInput(event)) press(event, within(event));
  });
  /* Before the input loses the focus and the list closes. */
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest && event.target.closest("[data-picker] [role=option]");
    if (!option) return;
    event.preventDefault();
    choose(option.closest("[data-picker]"), option);
  });
  document.addEventListener("click", (event) => {
    const remove = event.target.closest && event.target.closest("[data-picker] .chip button");
    if (!remove) return;
    const picker = remove.closest("[data-picker]");
    remove.closest(".chip").remove();
    inputOf(picker).focus();
    picker.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
