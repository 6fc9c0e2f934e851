/* Behaviour of every console page: security header of htmx, confirmation, tabs, fields that submit. */
"use strict";

(() => {
  const csrfToken = () => {
    const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
    if (cookie) return cookie.slice("csrftoken=".length);
    const meta = document.querySelector('meta[name="csrf-token"]');
    return meta ? meta.content : "";
  };

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = csrfToken();
  });

  /* A failed poll or partial request says so instead of leaving a page that looks alive. */
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 403) window.location.reload();
  });

  /* Ask before a form or link marked with data-confirm. The words of the buttons stand in the
     page's own dialog, so that they are in its language. */
  const ask = (question, danger) =>
    new Promise((resolve) => {
      const dialog = document.getElementById("confirm-dialog");
      if (!dialog || !dialog.showModal) {
        resolve(window.confirm(question));
        return;
      }
      dialog.querySelector("[data-question]").textContent = question;
      const yes = dialog.querySelector("button[value=yes]");
      yes.classList.toggle("button-danger", danger);
      yes.classList.toggle("button-primary", !danger);
      dialog.returnValue = "";
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
      dialog.showModal();
    });

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const asked = event.submitter && event.submitter.dataset.confirm ? event.submitter : form;
    if (!asked.dataset.confirm || form.dataset.confirmed) {
      delete form.dataset.confirmed;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    if (await ask(asked.dataset.confirm, asked.classList.contains("button-danger"))) {
      form.dataset.confirmed = "1";
      form.requestSubmit(submitter);
    }
  }, true);

  document.addEventListener("htmx:confirm", async (event) => {
    const question = event.detail.question;
    if (!question) return;
    event.preventDefault();
    if (await ask(question, event.detail.elt.classList.contains("button-danger"))) {
      event.detail.issueRequest(true);
    }
  });

  /* Selects marked so send their form at once. */
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
    const all = event.target.closest("[data-check-all]");
    if (all) {
      document
        .querySelectorAll(`input[name="${all.dataset.checkAll}"]`)
        .forEach((box) => { box.checked = all.checked; });
    }
  });

  /* Tabs whose panels are all in the page: buttons with aria-controls inside data-tabs. */
  const select = (tab) => {
    tab.closest("[data-tabs]").querySelectorAll("[role=tab]").forEach((other) => {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
    });
    window.dispatchEvent(new Event("resize"));
  };
  document.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-tabs] [role=tab]");
    if (tab) {
      select(tab);
      history.replaceState(null, "", `#${tab.id}`);
    }
    const copy = event.target.closest("[data-copy]");
    if (copy && navigator.clipboard) {
      navigator.clipboard.writeText(copy.dataset.copy);
      if (copy.dataset.copied) copy.textContent = copy.dataset.copied;
    }
  });
  document.addEventListener("keydown", (event) => {
    const tab = event.target.closest && event.target.closest("[data-tabs] [role=tab]");
    if (!tab || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const all = [...tab.closest("[data-tabs]").querySelectorAll("[role=tab]")];
    const step = event.key === "ArrowRight" ? 1 : -1;
    const next = all[(all.indexOf(tab) + step + all.length) % all.length];
    select(next);
    next.focus();
  });
  document.addEventListener("DOMContentLoaded", () => {
    /* The theme writes the name of a chosen file into the text field nearest to it, which on our
       pages is a field of its own; it leaves alone what it finds marked so when the page loads. */
    document.querySelectorAll(".page input[type=file]").forEach((input) => {
      input.hasChangeListener = true;
    });
    const named = window.location.hash && document.getElementById(window.location.hash.slice(1));
    if (named && named.matches("[data-tabs] [role=tab]")) select(named);
  });
})();
