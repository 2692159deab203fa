// The driver's page inside WeChat: calls the app's own pay function, and goes back to the stay when it is done.
// What the app answers proves nothing: the stay's page asks the provider. Without this script the page offers a code to scan.
(() => {
  const box = document.querySelector("[data-call]");
  if (!box) return;
  const words = box.querySelector("[role=status]"), button = box.querySelector("button");
  const pay = () => {
    words.textContent = "";
    window.WeixinJSBridge.invoke(box.dataset.call, JSON.parse(box.dataset.arguments), (answer) => {
      if (String(answer?.err_msg).endsWith(":ok")) location.assign(box.dataset.back);
      else words.textContent = words.dataset.failed;
    });
  };
  const ready = () => {
    button.hidden = false;
    pay();
  };
  button.addEventListener("click", pay);
  if (window.WeixinJSBridge) ready();
  else document.addEventListener("WeixinJSBridgeReady", ready, { once: true });
})();
