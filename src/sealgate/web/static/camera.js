// Enrolment by the browser's camera: three looks, each to a side that is asked for where the page has words for it, put into the page's own file input, so that
// the camera and an uploaded photograph travel the same way and the page works without this script.
(() => {
  const box = document.querySelector("[data-camera]");
  if (!box || !navigator.mediaDevices?.getUserMedia) return;
  const video = box.querySelector("video"), words = box.querySelector("[role=status]");
  const start = box.querySelector("[data-start]"), shoot = box.querySelector("[data-shoot]"), stop = box.querySelector("[data-stop]");
  const form = document.getElementById(box.dataset.camera), input = form.querySelector("input[type=file]");
  const SHOTS = 3, APART = 500, TURNING = 1500, SIDE = 1280;
  let stream = null;

  const say = (key, n = "") => { words.textContent = (box.dataset[key] ?? "").replace("%n", n); };
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const show = (on) => {
    box.dataset.state = on ? "on" : "off";
    start.hidden = on;
    shoot.hidden = stop.hidden = !on;
  };

  const shot = async () => {
    const scale = Math.min(1, SIDE / Math.max(video.videoWidth, video.videoHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
  };
  const close = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    show(false);
  };

  start.addEventListener("click", async () => {
    say("asking");
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: "user" } });
    } catch (error) {
      say(error.name === "NotAllowedError" ? "denied" : "missing");
      return;
    }
    video.srcObject = stream;
    await video.play();
    show(true);
    say("ready");
    shoot.focus();
  });
  stop.addEventListener("click", () => { close(); say("closed"); start.focus(); });
  shoot.addEventListener("click", async () => {
    shoot.disabled = true;
    const pictures = new DataTransfer();
    for (let n = 1; n <= SHOTS; n += 1) {
      say("counting", n);
      const pose = box.dataset[`pose-${n}`];
      if (pose) {
        words.textContent = `${pose} ${words.textContent}`;
        if (n > 1) await pause(TURNING);
      }
      pictures.items.add(new File([await shot()], `look-${n}.jpg`, { type: "image/jpeg" }));
      if (n < SHOTS) await pause(APART);
    }
    input.files = pictures.files;
    close();
    say("sending");
    form.requestSubmit();
  });
  window.addEventListener("pagehide", close);
  box.hidden = false;
  show(false);
})();
