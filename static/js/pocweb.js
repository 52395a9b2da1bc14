/* pocweb: small comforts. Every page works without this file. No eval, no inline style. */
(() => {
  "use strict";
  const all = (sel, root = document) => [...root.querySelectorAll(sel)];
  const toasts = () => document.getElementById("toasts");
  const unsaved = new Set();

  let cell;

  /* Put the reader where the news is: a summary of errors, a form in a cell, and after it the cell's pencil. */
  function arrive(root) {
    const find = (sel) => root.querySelector?.(sel);
    const form = find("td.edit form");
    if (form) cell = form.getAttribute("action").split("?")[0];
    const news = find("[data-focus],td.edit [aria-invalid=true]") ?? (root.matches?.("[data-focus]") ? root : form?.querySelector("textarea,input:not([type=hidden])"));
    if (news) news.focus();
    else if (cell && document.activeElement === document.body) find(`a.ed[href^="${cell}"]`)?.focus();
    all("form[data-guard=unsaved]", root).forEach((form) => unsaved.add(form));
  }

  /* Show a sentence of the server's (data-* of #toasts) that stays until the next act. */
  function say(key, href) {
    const box = toasts();
    if (!box?.dataset[key]) return;
    all("[data-said]", box).forEach((old) => old.remove());
    const line = document.createElement("p");
    line.className = "toast error";
    line.dataset.said = key;
    line.append(box.dataset[key]);
    if (href) {
      const link = document.createElement("a");
      Object.assign(link, { href, target: "_blank", textContent: box.dataset.signinLabel });
      line.append(" ", link);
    }
    box.append(line);
  }

  document.addEventListener("DOMContentLoaded", () => {
    arrive(document);
    const box = toasts();
    const lines = box ? [...box.children] : [];
    if (lines.length) { /* A live region is read aloud only when its text arrives after it. */
      box.replaceChildren();
      setTimeout(() => box.prepend(...lines), 150);
    }
  });

  /* Text that is not stored yet: warn before the page is left. */
  document.addEventListener("input", (e) => {
    const form = e.target.form;
    if (form?.hasAttribute("data-guard")) unsaved.add(form);
  });
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (e.defaultPrevented) return; /* htmx sends it and answers below */
    if (form.dataset.sent) return e.preventDefault(); /* pressed twice */
    if (form.method === "post") {
      form.dataset.sent = "1";
      setTimeout(() => delete form.dataset.sent, 4000);
    }
    unsaved.delete(form);
  });
  addEventListener("beforeunload", (e) => {
    if ([...unsaved].some((form) => form.isConnected)) e.preventDefault();
  });
  addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

  /* Menus close on Escape and on a click elsewhere; a toast closes on its button. */
  document.addEventListener("click", (e) => {
    all("details.menu[open]").forEach((menu) => menu.contains(e.target) || menu.removeAttribute("open"));
    if (e.target.closest("[data-dismiss]")) e.target.closest(".toast")?.remove();
  });
  document.addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    all("details.menu[open]").forEach((menu) => {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    });
  });

  /* A file that is too large is refused here, before a slow line carries it. */
  document.addEventListener("change", (e) => {
    const { maxBytes, tooLarge } = e.target.dataset ?? {};
    if (!maxBytes) return;
    const large = [...e.target.files].some((file) => file.size > Number(maxBytes));
    e.target.setCustomValidity(large ? tooLarge : "");
    e.target.reportValidity();
  });

  /* htmx: what is being fetched says so; what failed says what to do. */
  document.addEventListener("htmx:beforeRequest", (e) => {
    e.detail.target?.classList?.add("busy");
    e.detail.target?.setAttribute?.("aria-busy", "true");
    if (e.detail.requestConfig.verb !== "get") toasts()?.replaceChildren();
  });
  document.addEventListener("htmx:afterRequest", (e) => {
    all(".busy").forEach((one) => { /* the answer may go elsewhere */
      one.classList.remove("busy");
      one.removeAttribute("aria-busy");
    });
    if (e.detail.successful && e.detail.requestConfig.verb !== "get") unsaved.delete(e.detail.elt); /* not for a button inside */
  });
  document.addEventListener("htmx:beforeSwap", (e) => {
    const login = toasts()?.dataset.login;
    if (login && new URL(e.detail.xhr.responseURL || location.href).pathname === login) {
      e.detail.shouldSwap = false;
      e.detail.successful = false;
      say("signedOut", login);
    }
  });
  document.addEventListener("htmx:afterSettle", (e) => arrive(e.detail.elt));
  document.addEventListener("htmx:sendError", () => say("offline"));
  document.addEventListener("htmx:timeout", () => say("offline"));
  document.addEventListener("htmx:responseError", (e) => say(e.detail.xhr.status === 404 ? "gone" : "failed"));
})();
