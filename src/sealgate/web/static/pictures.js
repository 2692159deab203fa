// Sealed things: the dialog that asks for a purpose, and the clock of an opened picture. What is opened leaves the page
// at zero, or as soon as the dialog is closed; the server's ticket ends at the same second without this script.
(() => {
  const dialog = document.getElementById("unseal");
  const SPEAKS = [60, 10];
  let clock = 0;

  const run = (figure) => {
    clearInterval(clock);
    const face = figure.querySelector(".seal-clock"), voice = figure.querySelector("[role=timer]");
    const end = Date.now() + Number(figure.dataset.left) * 1000;
    const tick = () => {
      const left = Math.ceil((end - Date.now()) / 1000);
      if (left <= 0) return seal(figure);
      const words = figure.dataset.words.replace("%n", left);
      face.textContent = words;
      if (SPEAKS.includes(left)) voice.textContent = words;
    };
    clock = setInterval(tick, 250);
    tick();
  };
  const seal = (figure) => {
    clearInterval(clock);
    if (!figure.isConnected) return;
    if (!window.htmx) window.location.assign(figure.dataset.again);
    else window.htmx.ajax("GET", figure.dataset.again, { target: "#unseal", swap: "innerHTML" });
  };
  const wake = (root) => {
    const figure = root.querySelector?.("figure[data-left]") ?? (root.matches?.("figure[data-left]") ? root : null);
    if (figure) run(figure);
  };

  wake(document);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (dialog && dialog.contains(event.target) && !dialog.open && dialog.firstElementChild) dialog.showModal();
    wake(event.target);
  });
  if (!dialog) return;
  dialog.addEventListener("close", () => { clearInterval(clock); dialog.replaceChildren(); });
  dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest("[data-close]")) { event.preventDefault(); dialog.close(); } });
})();
