// The phone beside the form of a group welcome shows what is typed.
const phone = document.querySelector("[data-group-welcome]");
const text = document.querySelector("[data-shows=text]");
const material = document.querySelector("select[name=material]");

function show() {
  phone.querySelector("[data-preview=text]").textContent = text.value || "…";
  const cards = phone.querySelector("[data-preview=attachments]");
  cards.replaceChildren();
  if (!material.value) return;
  const card = phone.querySelector("[data-preview-card]").content.cloneNode(true);
  card.querySelector(".strong").textContent = material.selectedOptions[0].textContent;
  cards.append(card);
}

if (phone && text && material) {
  text.addEventListener("input", show);
  material.addEventListener("change", show);
}
