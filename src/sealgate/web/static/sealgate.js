// What every page needs beyond HTML: dialogs in older browsers, toasts that leave, and switches that act at once.
// Nothing here is needed to read a page or to send a form.

"use strict";

// Buttons with command="show-modal" open dialogs by themselves in newer browsers.
if (!("commandForElement" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor"));
    if (dialog && button.getAttribute("command") === "show-modal") dialog.showModal();
    if (dialog && button.getAttribute("command") === "close") dialog.close();
  });
}

// An address that ends in a dialog's name opens it: /rules#lockdown.
document.addEventListener("DOMContentLoaded", () => {
  const dialog = document.getElementById(location.hash.slice(1));
  if (dialog instanceof HTMLDialogElement) dialog.showModal();
});

// A click beside a dialog closes it, as Escape does.
document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement && event.target.matches(".dialog")) event.target.close();
});

// A toast leaves after six seconds, and stays while it is hovered or has the focus.
const TOAST_STAYS = 6000;
function seeOff(toast) {
  let clock = setTimeout(() => toast.remove(), TOAST_STAYS);
  const stay = () => clearTimeout(clock);
  const leave = () => { stay(); clock = setTimeout(() => toast.remove(), TOAST_STAYS); };
  toast.addEventListener("pointerenter", stay);
  toast.addEventListener("focusin", stay);
  toast.addEventListener("pointerleave", leave);
  toast.addEventListener("focusout", leave);
}

// Says "done" in words that come from the server; other scripts call it as sealgate.toast(text).
function toast(text) {
  const line = document.createElement("div");
  line.className = "toast";
  const words = document.createElement("span");
  words.className = "grow";
  words.textContent = text;
  line.append(words);
  document.getElementById("toasts")?.append(line);
  seeOff(line);
}
window.sealgate = { toast };

// Of a row of tabs that is wider than the screen the one in use is in sight.
function showTab(tab) {
  const row = tab.parentElement;
  row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}

function arrive(root) {
  root.querySelectorAll(".tabs > [aria-current], .chips > [aria-current]").forEach(showTab);
  root.querySelectorAll(".toast").forEach(seeOff);
  root.querySelector("[data-focus]")?.focus();
}
document.addEventListener("DOMContentLoaded", () => arrive(document));
document.addEventListener("htmx:afterSwap", (event) => arrive(event.target));

// <form data-at-once>: a switch or a select in it acts when it is changed.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-at-once]");
  if (form) form.requestSubmit();
});

// <button data-copy="id">: puts that element's text on the clipboard; data-copied is what the toast says.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
  toast(button.dataset.copied);
});

// A form is sent once: a second press while the first is under way does nothing, for ten seconds at most.
const SENDING = 10000;
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.matches("[hx-get],[hx-post],[method=dialog]")) return;
  if (event.submitter?.getAttribute("formmethod") === "dialog") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => delete form.dataset.sent, SENDING);
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// An empty field for a time zone is offered the browser's own.
document.addEventListener("DOMContentLoaded", () => {
  const field = document.querySelector("[data-time-zone]");
  if (field && !field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
});

// <button data-print>: prints the page as the print layer of the stylesheet lays it.
document.addEventListener("click", (event) => {
  if (event.target.closest("button[data-print]")) print();
});
