// The kiosk. A picture leaves the device only when something moved in front of it, or once in a while for somebody who
// stands still; one look at a time; and after an answer the kiosk rests until that person has moved on.
(() => {
  const page = document.querySelector("[data-kiosk]");
  if (!page) return;
  const turn = page.querySelector("#turn");
  const video = page.querySelector("video"), eye = page.querySelector("#eye"), words = page.querySelector("#eye-words");
  const answer = page.querySelector("#answer"), heading = page.querySelector("#answer-heading"), detail = page.querySelector("#answer-detail");
  const form = page.querySelector("#code-form"), code = form.elements.value, error = page.querySelector("#code-error");
  const LOOK_EVERY = 500, TURN_EVERY = 150, STILL = 4000, SIDE = 960, MOVED = 6, SMALL = [48, 36];
  const CLEAR = { open: 5000, refused: 8000 };
  let seen = null, sentAt = 0, resting = false, clearAt = 0, typed = "", typedAt = 0, lead = null, asked = "";

  const small = document.createElement("canvas");
  [small.width, small.height] = SMALL;
  const brush = small.getContext("2d", { willReadFrequently: true });
  // Mean change of brightness, 0 to 255, against the frame that was sent last.
  const glance = () => {
    brush.drawImage(video, 0, 0, ...SMALL);
    const { data } = brush.getImageData(0, 0, ...SMALL);
    const grey = new Float32Array(data.length / 4);
    for (let i = 0; i < grey.length; i += 1) grey[i] = 0.3 * data[4 * i] + 0.6 * data[4 * i + 1] + 0.1 * data[4 * i + 2];
    const change = seen ? grey.reduce((sum, g, i) => sum + Math.abs(g - seen[i]), 0) / grey.length : 255;
    return { grey, change };
  };

  // While somebody is asked to turn their head every picture counts, moved or not. Screen readers are told by the words.
  const ask = (way) => {
    if (!turn) return;
    asked = way;
    turn.hidden = !way;
    turn.dataset.way = way;
  };
  const say = (text) => { if (words.textContent !== text) words.textContent = text; };
  const show = (said) => {
    page.dataset.state = said.state;
    heading.textContent = said.heading;
    detail.textContent = said.detail;
    answer.hidden = false;
    clearAt = Date.now() + CLEAR[said.state];
    code.value = "";
    error.hidden = true;
    code.removeAttribute("aria-invalid");
  };
  const clear = () => {
    page.dataset.state = "waiting";
    answer.hidden = true;
    heading.textContent = detail.textContent = code.value = "";
    clearAt = 0;
  };
  const send = async (url, options) => {
    const reply = await fetch(url, { method: "POST", credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json", ...options.headers }, body: options.body });
    if (reply.status === 401) window.location.reload();
    return reply.json();
  };

  const jpeg = () => {
    const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  };
  const look = async () => {
    if (clearAt && Date.now() > clearAt) clear();
    if (clearAt || document.hidden || video.readyState < 2) return;
    const { grey, change } = glance();
    if (!asked && resting && change < MOVED) return;
    if (!asked && change < MOVED && Date.now() - sentAt < STILL) return;
    resting = false;
    seen = grey;
    sentAt = Date.now();
    const said = await send(page.dataset.look, { body: await jpeg(), headers: { "Content-Type": "image/jpeg" } });
    ask(said.turn || "");
    if (said.state === "waiting") return say(said.detail || page.dataset.ready);
    say(page.dataset.ready);
    show(said);
    resting = true;
  };
  const watch = async () => {
    try { await look(); } catch { ask(""); say(page.dataset.offline); }
    setTimeout(watch, asked ? TURN_EVERY : LOOK_EVERY);
  };

  const enter = async (value) => {
    try {
      const said = await send(form.action, { body: new URLSearchParams({ value }) });
      if (said.state === "waiting") {
        error.textContent = said.detail;
        error.hidden = false;
        code.setAttribute("aria-invalid", "true");
        code.focus();
      } else { show(said); code.blur(); }
    } catch { say(page.dataset.offline); }
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); if (code.value.trim()) enter(code.value); });
  page.querySelector("#answer-done").addEventListener("click", (event) => { event.preventDefault(); clear(); });
  const keypad = page.querySelector("#keypad");
  keypad.hidden = false;
  keypad.addEventListener("click", ({ target }) => {
    const key = target.closest("button")?.value;
    if (!key) return;
    code.value = key === "wipe" ? "" : key === "back" ? code.value.slice(0, -1) : code.value + key;
    code.dispatchEvent(new Event("input"));
  });
  // A half-typed code is wiped when its owner has walked away.
  code.addEventListener("input", () => { clearTimeout(lead); lead = setTimeout(() => { code.value = ""; error.hidden = true; }, 60000); });
  // A hand scanner or card reader types without a pause and ends with Enter, wherever the focus is.
  document.addEventListener("keydown", (event) => {
    if (event.target === code || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.timeStamp - typedAt > 1000) typed = "";
    typedAt = event.timeStamp;
    if (event.key.length === 1) typed += event.key;
    else if (event.key === "Enter" && typed.length >= 4) { event.preventDefault(); enter(typed); typed = ""; }
  });

  const open = async () => {
    if (!eye) return;
    if (!navigator.mediaDevices?.getUserMedia) return say(page.dataset.missing);
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ audio: false, video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" } });
      await video.play();
      eye.dataset.state = "on";
      say(page.dataset.ready);
      watch();
    } catch (problem) { say(problem.name === "NotAllowedError" ? page.dataset.denied : page.dataset.missing); }
  };
  setInterval(() => { if (clearAt && Date.now() > clearAt) clear(); }, 500);
  open();
})();
