// What of a camera's picture is read: drawn on the still with the mouse, or corner by corner with the keyboard. The number
// fields of the form hold the corners, with and without this script; it only fills them. And while the page is in sight
// the still is asked for anew each second, until its ticket is over.
(() => {
  const form = document.getElementById("aim"), figure = form?.querySelector("figure.aim");
  if (!figure) return;
  const face = figure.querySelector(".seal-face"), still = face.querySelector("img"), clock = figure.querySelector(".seal-clock");
  const out = figure.querySelector(".aim-out"), shape = figure.querySelector("polygon"), said = document.getElementById("aim-said");
  const across = [...form.querySelectorAll("input[name=x]")], down = [...form.querySelectorAll("input[name=y]")];
  const MOST = across.length, LEAST = 3, STEP = 1, FAR = 5, EVERY = 1000;
  const may = across.length > 0 && !across[0].disabled;

  // --- the still ---
  if (still) {
    const timer = setInterval(() => {
      if (document.hidden) return;
      const next = new Image();
      next.onload = () => { still.src = next.src; clock.textContent = figure.dataset.live; };
      next.onerror = () => { clock.textContent = figure.dataset.stopped; };
      next.src = `${figure.dataset.src}?at=${Date.now()}`;
    }, EVERY);
    setTimeout(() => clearInterval(timer), 5 * 60 * EVERY);
  }

  // --- the corners, in hundredths ---
  const corners = () => across.map((x, n) => [x.value, down[n].value]).filter(([x, y]) => x !== "" && y !== "").map(([x, y]) => [Number(x), Number(y)]);
  const within = (figure) => Math.min(100, Math.max(0, Math.round(figure * 10) / 10));
  const handles = [];
  const put = (list, focus = -1) => {
    across.forEach((x, n) => {
      x.value = n < list.length ? within(list[n][0]) : "";
      down[n].value = n < list.length ? within(list[n][1]) : "";
    });
    draw(focus);
  };
  const name = (n, [x, y]) => form.dataset.corner.replace("%n", n + 1).replace("%x", `${x} %`).replace("%y", `${y} %`);
  const draw = (focus = -1) => {
    const list = corners();
    shape.setAttribute("points", list.map(([x, y]) => `${x * 10},${y * 10}`).join(" "));
    out.setAttribute("d", list.length < LEAST ? "" : `M0 0H1000V1000H0ZM${list.map(([x, y]) => `${x * 10} ${y * 10}`).join("L")}Z`);
    if (focus < 0) said.textContent = list.length ? form.dataset.part.replace("%n", list.length) : form.dataset.whole;
    if (!may) return;
    while (handles.length > list.length) handles.pop().remove();
    while (handles.length < list.length) handles.push(handle(handles.length));
    list.forEach((corner, n) => {
      handles[n].style.left = `${corner[0]}%`;
      handles[n].style.top = `${corner[1]}%`;
      handles[n].setAttribute("aria-label", name(n, corner));
    });
    if (focus >= 0 && list.length) {
      const at = Math.min(focus, list.length - 1);
      handles[at].focus();
      said.textContent = name(at, list[at]);
    }
  };

  const handle = (n) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "aim-corner";
    button.addEventListener("keydown", (event) => {
      const list = corners(), far = event.shiftKey ? FAR : STEP;
      const way = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key];
      if (way) {
        event.preventDefault();
        list[n] = [within(list[n][0] + way[0]), within(list[n][1] + way[1])];
        put(list, n);
      } else if (["Delete", "Backspace"].includes(event.key)) {
        event.preventDefault();
        list.splice(n, 1);
        put(list.length < LEAST ? [] : list, Math.max(0, n - 1));
        if (list.length < LEAST) form.querySelector("[data-aim=rectangle]").focus();
      }
    });
    drag(button, (point) => { const list = corners(); list[n] = point; put(list); });
    face.append(button);
    return button;
  };

  // --- the mouse ---
  const at = (event) => {
    const box = face.getBoundingClientRect();
    return [within((event.clientX - box.left) * 100 / box.width), within((event.clientY - box.top) * 100 / box.height)];
  };
  const drag = (element, moved) => {
    element.addEventListener("pointerdown", (event) => { element.setPointerCapture(event.pointerId); event.stopPropagation(); });
    element.addEventListener("pointermove", (event) => { if (element.hasPointerCapture(event.pointerId)) moved(at(event)); });
  };
  const box = ([ax, ay], [bx, by]) => {
    const [left, right] = [Math.min(ax, bx), Math.max(ax, bx)], [top, bottom] = [Math.min(ay, by), Math.max(ay, by)];
    return [[left, top], [right, top], [right, bottom], [left, bottom]];
  };
  const longest = (list) => {
    const side = (n) => { const a = list[n], b = list[(n + 1) % list.length]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };
    return list.map((_, n) => n).reduce((best, n) => (side(n) > side(best) ? n : best), 0);
  };
  const apart = ([px, py], [ax, ay], [bx, by]) => {
    const long = (bx - ax) ** 2 + (by - ay) ** 2, part = long ? Math.min(1, Math.max(0, ((px - ax) * (bx - ax) + (py - ay) * (by - ay)) / long)) : 0;
    return Math.hypot(px - ax - part * (bx - ax), py - ay - part * (by - ay));
  };
  const nearest = (list, point) => {
    const away = (n) => apart(point, list[n], list[(n + 1) % list.length]);
    return list.map((_, n) => n).reduce((best, n) => (away(n) < away(best) ? n : best), 0);
  };

  if (may) {
    let began = null;
    face.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest("button")) return;
      event.preventDefault();
      face.setPointerCapture(event.pointerId);
      began = at(event);
    });
    face.addEventListener("pointermove", (event) => {
      if (began && Math.hypot(began[0] - at(event)[0], began[1] - at(event)[1]) > 2 && (corners().length === 0 || face.dataset.drawing)) {
        face.dataset.drawing = "yes";
        put(box(began, at(event)));
      }
    });
    face.addEventListener("pointerup", (event) => {
      const list = corners();
      if (began && !face.dataset.drawing && list.length >= LEAST && list.length < MOST) {
        list.splice(nearest(list, began) + 1, 0, began);
        put(list);
      }
      began = null;
      delete face.dataset.drawing;
      event.stopPropagation();
    });
    form.addEventListener("click", (event) => {
      const what = event.target.closest("[data-aim]")?.dataset.aim, list = corners();
      if (what === "whole") put([]);
      if (what === "rectangle") put(box([20, 20], [80, 80]), 0);
      if (what === "add" && list.length < LEAST) put(box([20, 20], [80, 80]), 0);
      else if (what === "add" && list.length < MOST) {
        const n = longest(list), next = list[(n + 1) % list.length];
        list.splice(n + 1, 0, [(list[n][0] + next[0]) / 2, (list[n][1] + next[1]) / 2]);
        put(list, n + 1);
      }
    });
    form.addEventListener("input", (event) => { if (event.target.closest(".aim-figures")) draw(); });
    form.querySelectorAll("[data-scripted]").forEach((part) => { part.hidden = false; });
    face.classList.add("aim-may");
  }
  draw();
})();
