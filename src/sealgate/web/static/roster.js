// The roster by mouse and keyboard. Every change fills in one form and sends it; the page that comes back is the truth.
const table = document.querySelector("[data-roster]");
const form = document.getElementById("roster-form");

const cellOf = (element) => element?.closest?.("td[data-person]");
const shiftsOf = (cell) => cell.dataset.shifts.split(" ").filter(Boolean);
const UNDO = "sealgate-roster-undo";

function put(cell, shifts, from) {
  const before = [[cell.dataset.person, cell.dataset.day, shiftsOf(cell)]];
  if (from) before.push([from.dataset.person, from.dataset.day, shiftsOf(from)]);
  sessionStorage.setItem(UNDO, JSON.stringify(before));
  send(cell.dataset.person, cell.dataset.day, shifts, from?.dataset.person, from?.dataset.day);
}

function send(person, day, shifts, fromPerson = "", fromDay = "") {
  form.elements.person.value = person;
  form.elements.day.value = day;
  form.elements.from_person.value = fromPerson;
  form.elements.from_day.value = fromDay;
  const place = form.querySelector("[data-shifts]");
  place.replaceChildren(...shifts.map((shift) => Object.assign(document.createElement("input"), { name: "shifts", value: shift })));
  form.requestSubmit();
}

async function undo() {
  const before = JSON.parse(sessionStorage.getItem(UNDO) || "[]");
  sessionStorage.removeItem(UNDO);
  const last = before.pop();
  for (const [person, day, shifts] of before) {
    const body = new URLSearchParams({ person, day, back: form.elements.back.value });
    shifts.forEach((shift) => body.append("shifts", shift));
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  }
  if (last) send(...last);
}

if (table && form) {
  let carried = null;
  document.addEventListener("dragstart", (event) => {
    const shift = event.target.closest?.("[draggable]");
    if (!shift) return;
    const cell = cellOf(shift);
    carried = { from: cell, shifts: cell ? shiftsOf(cell) : [shift.dataset.shift].filter(Boolean) };
    event.dataTransfer.setData("text/plain", shift.textContent.trim());
    event.dataTransfer.effectAllowed = "copyMove";
  });
  table.addEventListener("dragover", (event) => {
    const cell = cellOf(event.target);
    if (!cell || !carried) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = event.ctrlKey || !carried.from ? "copy" : "move";
    table.querySelector(".over")?.classList.remove("over");
    cell.classList.add("over");
  });
  table.addEventListener("drop", (event) => {
    const cell = cellOf(event.target);
    if (!cell || !carried) return;
    event.preventDefault();
    if (cell !== carried.from) put(cell, carried.shifts, event.ctrlKey ? null : carried.from);
  });
  document.addEventListener("dragend", () => {
    carried = null;
    table.querySelector(".over")?.classList.remove("over");
  });

  const cells = [...table.querySelectorAll("td[data-person]")];
  const wide = table.querySelectorAll("thead th").length - 1;
  const focus = (cell) => {
    cells.forEach((one) => one.setAttribute("tabindex", one === cell ? "0" : "-1"));
    cell.focus();
  };
  cells.forEach((cell, place) => cell.setAttribute("tabindex", place ? "-1" : "0"));
  const arrived = location.hash && document.getElementById(location.hash.slice(1));
  if (arrived && cells.includes(arrived)) focus(arrived);

  let copied = null;
  table.addEventListener("keydown", (event) => {
    const cell = cellOf(event.target);
    if (!cell) return;
    const place = cells.indexOf(cell);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide }[event.key];
    if (step && cells[place + step]) {
      event.preventDefault();
      focus(cells[place + step]);
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      event.preventDefault();
      undo();
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (/^[0-9]$/.test(event.key)) {
      const shift = document.querySelector(`[data-key="${event.key}"]`);
      if (shift) put(cell, [shift.dataset.shift].filter(Boolean));
    } else if (event.key === "Delete") {
      put(cell, []);
    } else if (event.key.toLowerCase() === "c") {
      copied = shiftsOf(cell);
    } else if (event.key.toLowerCase() === "v" && copied) {
      put(cell, copied);
    } else if (event.key === "Enter" && event.target === cell) {
      cell.querySelector("a")?.click();
    }
  });
}
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
