// The lane's screen. It hears what to show, and speaks with the desk while somebody there has the call: only then is the
// microphone on. The ticket reader types like a keyboard, so the field for it keeps the focus.
// A word may be lost, or the desk not there yet: until an offer comes the lane says `ready`, and an offer that comes again is
// answered again. Words leave one after the other, so that an old one never overtakes a new one.
(() => {
  const page = document.querySelector(".lane[data-stream]");
  if (!page) return;
  const screen = document.querySelector("#screen"), state = document.querySelector("#voice-state"), audio = document.querySelector("#voice");
  const AGAIN = 2000;
  let link = null, round = "", reply = null, microphone = null, told = Promise.resolve();

  const post = (address, body) => fetch(address, { method: "POST", redirect: "manual", headers: { "Content-Type": "application/json" }, body, signal: AbortSignal.timeout(10_000) });
  const tell = (signal) => (told = told.then(() => post(page.dataset.voice, JSON.stringify(signal))).catch(() => { /* it is said again */ }));
  const say = (word) => {
    state.dataset.state = word;
    state.textContent = state.dataset[word];
    state.hidden = word === "off";
    state.classList.toggle("open", word === "on");
  };
  const gathered = (peer) => new Promise((done) => {
    if (peer.iceGatheringState === "complete") return done();
    peer.addEventListener("icegatheringstatechange", () => { if (peer.iceGatheringState === "complete") done(); });
    setTimeout(done, 1500);
  });
  const hangUp = () => {
    link?.close();
    microphone?.getTracks().forEach((track) => track.stop());
    link = reply = microphone = null;
    round = "";
    audio.srcObject = null;
    say("off");
  };
  const answer = async (signal) => {
    if (link && signal.round === round) return reply && tell(reply);
    hangUp();
    round = signal.round;
    const peer = (link = new RTCPeerConnection({ iceServers: JSON.parse(page.dataset.ice) }));
    peer.addEventListener("track", (event) => { audio.srcObject = event.streams[0]; });
    peer.addEventListener("connectionstatechange", () => {
      if (peer === link && peer.connectionState === "connected") say(microphone ? "on" : "denied");
      if (peer === link && peer.connectionState === "failed") hangUp();
    });
    await peer.setRemoteDescription({ type: "offer", sdp: signal.sdp });
    let heard = null;
    try { heard = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true } }); } catch { /* it only listens */ }
    if (peer !== link) return heard?.getTracks().forEach((track) => track.stop());
    microphone = heard;
    for (const track of microphone?.getTracks() ?? []) peer.addTrack(track, microphone);
    await peer.setLocalDescription();
    await gathered(peer);
    if (peer !== link) return;
    reply = { word: "answer", round, sdp: peer.localDescription.sdp };
    tell(reply);
  };
  const taken = () => screen.firstElementChild?.dataset.taken === "yes";
  const listens = () => { if (taken() && !link) tell({ word: "ready", round: "again" }); };
  setInterval(listens, AGAIN);

  const stream = new EventSource(page.dataset.stream);
  stream.addEventListener("screen", (event) => {
    screen.dataset.heard = "yes";
    screen.innerHTML = event.data;
    if (!taken()) hangUp();
    listens();
  });
  stream.addEventListener("voice", (event) => {
    const signal = JSON.parse(event.data);
    if (signal.word === "offer") answer(signal);
    if (signal.word === "bye") hangUp();
  });
  stream.addEventListener("over", () => { stream.close(); location.reload(); });
  window.addEventListener("pagehide", () => { stream.close(); hangUp(); });

  document.querySelector("#help").closest("form").addEventListener("submit", (event) => {
    event.preventDefault();
    post("/lane/help", "");
  });
  const reader = document.querySelector("#value");
  if (reader) {
    reader.focus();
    document.addEventListener("click", () => { if (document.activeElement === document.body) reader.focus(); });
  }
})();
