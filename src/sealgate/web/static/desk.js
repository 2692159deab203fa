// The desk. The stream says that something changed, and what changed is read anew; keys press the buttons that show them;
// voice goes from browser to browser, and the server carries only the words with which they find each other.
(() => {
  const page = document.querySelector("[data-stream]");
  if (!page) return;
  const line = document.querySelector("#desk-line"), voiceLine = document.querySelector("#desk-voice");
  const busy = () => document.querySelector("dialog[open]") || document.activeElement?.matches("input, select, textarea");

  // --- the queue -------------------------------------------------------------------------------------------------
  const queue = document.querySelector("#queue");
  const calls = () => [...queue.querySelectorAll("a[data-call]")];
  const current = new URLSearchParams(page.dataset.stream.split("?")[1]).get("call");
  const drawQueue = (html) => {
    const known = new Set(calls().map((one) => one.dataset.call)), focused = document.activeElement?.dataset?.call;
    queue.innerHTML = html;
    const waiting = queue.querySelector("[data-waiting]");
    if (waiting) document.querySelector("#waiting").textContent = waiting.dataset.waiting;
    for (const one of calls()) {
      if (one.dataset.call === current) one.setAttribute("aria-current", "true");
      if (one.dataset.call === focused) one.focus();
      if (!known.has(one.dataset.call)) voiceLine.textContent = voiceLine.dataset.words.replace("%n", one.querySelector("strong").textContent);
    }
  };
  const step = (by) => {
    const all = calls();
    if (!all.length) return;
    const at = all.findIndex((one) => one === document.activeElement || (document.activeElement === document.body && one.dataset.call === current));
    all[(at + by + all.length) % all.length].focus();
  };
  setInterval(() => {
    for (const one of queue.querySelectorAll("[data-waited]")) {
      const seconds = (one.dataset.waited = Number(one.dataset.waited) + 1);
      one.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    }
  }, 1000);

  // --- the call at hand ------------------------------------------------------------------------------------------
  // While a decision is on its way nothing is read anew: its answer is the next page.
  // Who presses Enter while the page is read anew has pressed it for what is about to stand there.
  let stale = false, leaving = false, renewing = null, wanted = false;
  document.addEventListener("submit", (event) => { if (!event.defaultPrevented && !event.target.matches("[hx-post], [method=dialog]")) leaving = true; });
  window.addEventListener("pageshow", () => { leaving = false; });
  const renew = () => {
    wanted = true;
    renewing ||= (async () => {
      while (wanted) { wanted = false; await readAnew().catch(() => { /* the line is broken; the stream says so */ }); }
      renewing = null;
    })();
  };
  const readAnew = async () => {
    if (leaving) return;
    if (busy()) { stale = true; return; }
    stale = false;
    const reply = await fetch(location.pathname, { headers: { Accept: "text/html" }, cache: "no-store" });
    const text = await reply.text();
    if (leaving) return;
    if (reply.status !== 200) return location.reload();
    const fresh = new DOMParser().parseFromString(text, "text/html");
    if (Boolean(page.dataset.mine) !== Boolean(fresh.querySelector("[data-mine]"))) return location.reload();
    for (const id of ["case", "decide"]) {
      const here = document.getElementById(id), there = fresh.getElementById(id);
      if (!here || !there || here.innerHTML === there.innerHTML) continue;
      const entry = here.querySelector("#entry figure[data-left]");
      if (entry) there.querySelector("#entry")?.replaceWith(entry.closest("#entry"));
      here.replaceChildren(...there.childNodes);
      window.htmx?.process(here);
    }
  };
  document.addEventListener("close", () => { if (stale) renew(); }, true);
  document.querySelector("dialog[data-reopen]")?.showModal();

  setInterval(() => {
    const figure = document.querySelector("figure[data-live]");
    if (!figure || document.hidden) return;
    const next = new Image();
    const face = figure.querySelector(".seal-clock");
    next.onload = () => { figure.querySelector("img").src = next.src; face.textContent = figure.dataset.live; };
    next.onerror = () => { face.textContent = figure.dataset.stopped; };
    next.src = `${figure.dataset.src}?at=${Date.now()}`;
  }, 1000);

  const SPEAKS = [60, 10];
  setInterval(() => {
    const figure = document.querySelector("#entry figure[data-left]");
    if (!figure) return;
    figure.dataset.end ||= Date.now() + Number(figure.dataset.left) * 1000;
    const left = Math.ceil((Number(figure.dataset.end) - Date.now()) / 1000);
    if (left <= 0) {
      figure.removeAttribute("data-left");
      return window.htmx.ajax("GET", figure.dataset.again, { target: "#entry", swap: "outerHTML" });
    }
    const face = figure.querySelector(".seal-clock");
    face.textContent = figure.dataset.words.replace("%n", left);
    face.setAttribute("aria-live", SPEAKS.includes(left) ? "polite" : "off");
  }, 250);

  // --- voice -----------------------------------------------------------------------------------------------------
  // A word may be lost, or the lane not there yet: an offer is repeated until it is answered, and the lane says `ready` for
  // as long as nobody has offered. Words leave one after the other, so that an old one never overtakes a new one.
  const AGAIN = 2000;
  const state = document.querySelector("#voice-state"), audio = document.querySelector("#voice"), mute = document.querySelector("#mute");
  let link = null, offer = null, ringing = false, refused = false, microphone = null, told = Promise.resolve();
  const say = (word) => {
    if (!state) return;
    state.dataset.state = word;
    state.textContent = state.dataset[word];
    state.classList.toggle("open", word === "on");
    mute.disabled = word !== "on";
  };
  const post = (body) => fetch(page.dataset.voice, { method: "POST", headers: { "Content-Type": "application/json" }, body, signal: AbortSignal.timeout(10_000) });
  const tell = (signal) => (told = told.then(() => post(JSON.stringify(signal))).catch(() => { /* it is said again */ }));
  const unanswered = () => offer && link?.signalingState === "have-local-offer";
  const gathered = (peer) => new Promise((done) => {
    if (peer.iceGatheringState === "complete") return done();
    peer.addEventListener("icegatheringstatechange", () => { if (peer.iceGatheringState === "complete") done(); });
    setTimeout(done, 1500);
  });
  const hangUp = () => {
    link?.close();
    link = offer = null;
  };
  const ring = async () => {
    if (ringing || refused) return;
    ringing = true;
    hangUp();
    say("calling");
    try {
      microphone ||= await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true } });
    } catch { refused = true; return say("denied"); }
    await invite().catch(() => { /* hung up meanwhile; whoever still wants to speak says `ready` */ });
    ringing = false;
  };
  const invite = async () => {
    const peer = (link = new RTCPeerConnection({ iceServers: JSON.parse(page.dataset.ice) }));
    for (const track of microphone.getTracks()) peer.addTrack(track, microphone);
    peer.addEventListener("track", (event) => { audio.srcObject = event.streams[0]; });
    peer.addEventListener("connectionstatechange", () => {
      if (peer !== link) return;
      if (peer.connectionState === "connected") say("on");
      if (peer.connectionState === "failed") ring();
    });
    await peer.setLocalDescription();
    await gathered(peer);
    if (peer !== link) return;
    offer = { word: "offer", round: `${Date.now()}-${Math.random().toString(36).slice(2)}`, sdp: peer.localDescription.sdp };
    tell(offer);
  };
  setInterval(() => { if (unanswered()) tell(offer); }, AGAIN);
  const hear = async (signal) => {
    if (signal.word === "ready") return unanswered() ? tell(offer) : ring();
    if (signal.word === "bye") { hangUp(); return say("off"); }
    if (signal.word === "answer" && signal.round === offer?.round && unanswered()) {
      await link.setRemoteDescription({ type: "answer", sdp: signal.sdp });
    }
  };
  mute?.addEventListener("click", () => {
    const track = microphone?.getAudioTracks()[0];
    if (!track) return;
    track.enabled = !track.enabled;
    mute.setAttribute("aria-pressed", String(!track.enabled));
    mute.querySelector("span").textContent = track.enabled ? mute.dataset.off : mute.dataset.on;
  });

  // --- the stream ------------------------------------------------------------------------------------------------
  const stream = new EventSource(page.dataset.stream);
  stream.addEventListener("open", () => {
    line.dataset.state = "on";
    line.textContent = line.dataset.on;
    if (page.dataset.voice && !link) ring();
  });
  stream.addEventListener("error", () => { line.dataset.state = "off"; line.textContent = line.dataset.off; });
  stream.addEventListener("queue", (event) => { drawQueue(event.data); if (!page.dataset.mine) renew(); });
  stream.addEventListener("changed", renew);
  stream.addEventListener("voice", (event) => { if (page.dataset.voice) hear(JSON.parse(event.data)); });
  stream.addEventListener("over", () => { stream.close(); location.reload(); });
  window.addEventListener("pagehide", () => {
    stream.close();
    if (page.dataset.voice) navigator.sendBeacon(page.dataset.voice, JSON.stringify({ word: "bye", round: offer?.round ?? "none" }));
  });

  // --- keys: on release, once, and only while no field and no dialog has the focus ----------------------------------
  const on = document.querySelector("#keys-on");
  try { on.checked = localStorage.getItem("desk-keys") !== "off"; } catch { /* a browser that keeps nothing */ }
  on.addEventListener("change", () => { try { localStorage.setItem("desk-keys", on.checked ? "on" : "off"); } catch { /* the same */ } });
  let held = null;
  document.addEventListener("keydown", (event) => { held = busy() || event.repeat ? held : event.key; });
  document.addEventListener("keyup", (event) => {
    const pressed = held === event.key;
    held = null;
    if (!pressed || !on.checked || busy() || event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key.toLowerCase();
    if (key === "j") return step(1);
    if (key === "k") return step(-1);
    if (key === "enter" && document.activeElement?.matches("a, button")) return;
    const button = () => [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key && !one.disabled);
    if (key === "enter" && renewing && !button()) renewing.then(() => { if (!busy()) button()?.click(); });
    else button()?.click();
  });
})();
