// The roll call: prints, refreshes itself every half minute, and keeps a copy on this computer when somebody asks for it.
// A copy shown without a network says so; ticks on the screen are this screen's own and are sent nowhere.
"use strict";
(() => {
  const page = document.querySelector("[data-muster]");
  if (!page) return;
  const EVERY = 30000, NAME = "roll-call";
  const scope = location.pathname, keeper = `${scope}/keeper.js`;
  const kept = document.getElementById("kept"), keep = document.getElementById("keep"), away = document.getElementById("away");

  document.getElementById("print").addEventListener("click", () => window.print());
  page.addEventListener("click", ({ target }) => {
    const tick = target.closest("button.tick");
    if (tick) tick.setAttribute("aria-pressed", tick.getAttribute("aria-pressed") === "true" ? "false" : "true");
  });

  const mine = async () => (await navigator.serviceWorker.getRegistrations()).filter((one) => new URL(one.scope).pathname === scope);
  const show = async () => {
    const on = (await mine()).length > 0;
    keep.setAttribute("aria-pressed", String(on));
    kept.textContent = on ? page.dataset.kept : page.dataset.loose;
  };
  const letGo = async () => {
    await Promise.all((await mine()).map((one) => one.unregister()));
    await caches.delete(NAME);
  };
  const hold = async () => {
    await navigator.serviceWorker.register(keeper, { scope });
    await navigator.serviceWorker.ready;
    const store = await caches.open(NAME);
    const parts = [...document.querySelectorAll("link[rel=stylesheet], script[src], link[rel=icon]")].map((part) => part.href || part.src);
    await Promise.all([store.add(scope), ...parts.map((part) => store.add(part))]);
  };
  if ("serviceWorker" in navigator && window.isSecureContext) {
    keep.hidden = false;
    keep.addEventListener("click", async () => {
      keep.disabled = true;
      try { await ((await mine()).length ? letGo() : hold()); } finally { keep.disabled = false; show(); }
    });
    show();
  }

  const reachable = async () => {
    try { return (await fetch("/healthz", { cache: "no-store" })).status < 600; } catch { return false; }
  };
  const look = async () => {
    const here = await reachable();
    away.hidden = here;
    // Nobody's ticks are wiped by a refresh: whoever has begun to tick holds the list still.
    if (here && !document.querySelector(".tick[aria-pressed=true]") && !document.hidden) location.reload();
  };
  reachable().then((here) => { away.hidden = here; });
  setInterval(look, EVERY);
})();
