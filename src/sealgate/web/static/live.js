// The live page. Rows come ready-made from the server and slide in at the top; whoever has scrolled down, or is
// busy inside the list, is not moved: then rows wait behind a button that counts them.
(() => {
  const page = document.querySelector("[data-stream]");
  if (!page) return;
  const rows = document.querySelector("#passages-rows");
  const button = document.querySelector("#live-more");
  const voice = document.querySelector("#live-voice");
  const line = document.querySelector("#live-line");
  const KEEP = 200, SPEAK_EVERY = 5000;
  const waiting = [];
  let spoken = 0, unsaid = "", timer = 0;

  const rowOf = (html) => {
    const shell = document.createElement("template");
    shell.innerHTML = `<table><tbody>${html}</tbody></table>`;
    return shell.content.querySelector("tr");
  };
  const busy = () =>
    rows.getBoundingClientRect().top < 0 || rows.contains(document.activeElement) || document.querySelector("dialog[open]");

  const put = (row) => {
    row.classList.add("fresh");
    rows.prepend(row);
    document.querySelector("#passages-empty")?.setAttribute("hidden", "");
    document.querySelector("#passages-table").hidden = false;
    while (rows.rows.length > KEEP) rows.lastElementChild.remove();
    window.htmx?.process(row);
  };
  const offer = () => {
    button.hidden = waiting.length === 0;
    button.textContent = button.dataset.words.replace("%n", waiting.length);
  };
  const release = () => {
    waiting.splice(0).forEach(put);
    offer();
  };

  // One polite line, at most one each five seconds: always the newest.
  const speak = (words) => {
    unsaid = words;
    if (timer) return;
    timer = setTimeout(() => {
      voice.textContent = unsaid;
      spoken = Date.now();
      timer = 0;
    }, Math.max(0, SPEAK_EVERY - (Date.now() - spoken)));
  };

  // Each alarm is added once and leaves when it is over, so that an assertive region says it once.
  const ring = (html) => {
    const shell = document.createElement("template");
    shell.innerHTML = html;
    const place = document.querySelector("#alarms");
    const now = new Map([...shell.content.children].map((alarm) => [alarm.dataset.key, alarm]));
    for (const old of [...place.children]) {
      if (now.has(old.dataset.key)) now.delete(old.dataset.key);
      else old.remove();
    }
    place.append(...now.values());
  };

  const stream = new EventSource(page.dataset.stream);
  stream.addEventListener("open", () => { line.dataset.state = "on"; line.textContent = line.dataset.on; });
  stream.addEventListener("error", () => { line.dataset.state = "off"; line.textContent = line.dataset.off; });
  stream.addEventListener("passage", (event) => {
    const row = rowOf(event.data);
    if (!row) return;
    // The latch's answer brings the same row again: it takes the place of the one that is there, unless it is in use.
    const shown = document.getElementById(row.id), queued = waiting.findIndex((one) => one.id === row.id);
    if (shown && !shown.contains(document.activeElement)) { shown.replaceWith(row); window.htmx?.process(row); }
    else if (queued >= 0) waiting[queued] = row;
    else if (!shown) {
      speak(row.dataset.say);
      if (busy()) { waiting.push(row); offer(); } else put(row);
    }
  });
  stream.addEventListener("figures", (event) => { document.querySelector("#figures").innerHTML = event.data; });
  stream.addEventListener("alarms", (event) => ring(event.data));
  stream.addEventListener("over", () => { stream.close(); window.location.reload(); });
  window.addEventListener("pagehide", () => stream.close());

  button.addEventListener("click", () => {
    document.activeElement?.blur();
    release();
    document.querySelector("#passages-head").scrollIntoView({ block: "start" });
    document.querySelector("#passages-head").focus({ preventScroll: true });
  });
  document.addEventListener("scroll", () => { if (waiting.length && !busy()) release(); }, { passive: true });
  document.querySelector("#unseal").addEventListener("close", () => setTimeout(() => { if (waiting.length && !busy()) release(); }));
  document.addEventListener("focusout", () => setTimeout(() => { if (waiting.length && !busy()) release(); }));
})();
