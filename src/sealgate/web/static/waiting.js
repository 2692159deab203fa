// Who waits for an answer, as it happens. Each notice has a key: it is added once, so that it is said once, and leaves when it
// is over. One that has the focus stays until the focus has left it.
"use strict";

for (const place of document.querySelectorAll("[data-notices]")) {
  const stream = new EventSource(place.dataset.notices);
  let newest = "";
  const show = () => {
    const shell = document.createElement("template");
    shell.innerHTML = newest;
    const now = new Map([...shell.content.children].map((notice) => [notice.dataset.key, notice]));
    for (const old of [...place.children]) {
      if (now.has(old.dataset.key)) now.delete(old.dataset.key);
      else if (!old.contains(document.activeElement)) old.remove();
    }
    place.append(...now.values());
  };
  stream.addEventListener("waiting", (event) => {
    newest = event.data;
    show();
  });
  stream.addEventListener("over", () => {
    stream.close();
    window.location.reload();
  });
  place.addEventListener("focusout", () => setTimeout(show));
  window.addEventListener("pagehide", () => stream.close());
}
