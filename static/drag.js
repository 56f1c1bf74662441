// Sessions and visits are taken to another time on the calendar's boards: by mouse, by a finger that
// rests, by keys (drag-keys.js). Nothing is changed here: this only opens the page that shows whom
// it concerns.

const STEP = 15; // minutes
const DAY = 24 * 60; // minutes
const REST = 350; // milliseconds that a finger rests before it takes hold
const EDGE = 70; // pixels from the window's edge at which the page moves along

const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const wall = (number) => `${String(Math.floor(number / 60)).padStart(2, "0")}:${String(number % 60).padStart(2, "0")}`;
const within = (number, low, high) => Math.max(low, Math.min(high, number));
const board = () => document.querySelector("[data-first]");
const shown = () => [Number(board().dataset.first), Number(board().dataset.last)]; // hours
const own = (bar) => [minutes(bar.dataset.from), minutes(bar.dataset.to)];
const home = () => held.what.closest("[data-strip]");
const DAYS = "[data-drop]:not([data-at])"; // a week's columns
const words = () => document.getElementById("drag-said");
let silence = 0;
const say = (text) => {
  clearTimeout(silence);
  words().textContent = text;
  if (!held) silence = setTimeout(() => { words().textContent = ""; }, 5000);
};

let held = null; // what is under way: {what, edge, ghost, target, from, to, x, y, keys}
let pending = null; // what a pointer is on, before it has moved or rested enough

// Taking hold, and letting go.

function take(what, { x = 0, y = 0, edge = "", keys = false } = {}) {
  held = { what, edge, keys, x, y, startX: x, target: null };
  what.classList.add("lifted");
  board().classList.add("moving");
  if (what.dataset.move === "session") {
    [held.from, held.to] = own(what);
    held.target = home();
    held.ghost = what.cloneNode(false);
    held.ghost.className = "bar ghost";
    for (const name of ["href", "data-move", "title"]) held.ghost.removeAttribute(name);
  } else if (!keys) {
    held.ghost = document.createElement("div");
    held.ghost.className = "follows";
    held.ghost.textContent = what.querySelector(".name").textContent;
    document.body.append(held.ghost);
  }
  if (keys) say(words().dataset[what.dataset.move]);
  else held.along = setInterval(along, 40);
}

function letGo(text = "") {
  if (!held) return;
  clearInterval(held.along);
  held.what.classList.remove("lifted");
  held.ghost?.remove();
  aim(null);
  board()?.classList.remove("moving");
  held = null;
  say(text);
}

function aim(target) {
  document.querySelector(".aimed")?.classList.remove("aimed");
  if (held) held.target = target;
  target?.classList.add("aimed");
}

function drop() {
  const address = held.what.dataset.move === "session" ? sessionAddress() : visitAddress();
  if (address) {
    letGo();
    location.assign(address);
  } else {
    letGo(held.target || held.keys ? words().dataset.left : words().dataset.nowhere);
  }
}

// A session: its ghost shows the hours that it would have, on the line where it would be.

function sessionAddress() {
  const { what, target, from, to } = held;
  if (!target) return "";
  const { day, room } = target.dataset;
  const same = `${own(what)}` === `${[from, to]}`;
  if (same && day === home().dataset.day && room === home().dataset.room) return "";
  return leading(what.href, { opens: wall(from), closes: wall(to), day, ...(room && { room }) });
}

function leading(to, asked) {
  const address = new URL(to, location.href);
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value);
  return address.href;
}

function shift(by, edge) {
  const [from, to] = own(held.what);
  const [first, last] = shown().map((hour) => Math.min(hour * 60, DAY - 1));
  if (edge === "from") held.from = within(from + by, first, to - STEP);
  else if (edge === "to") held.to = within(to + by, held.from + STEP, last);
  else [held.from, held.to] = [from, to].map((one) => one + within(by, first - from, last - to));
}

function showSession() {
  const { ghost, target, from, to, what } = held;
  ghost.dataset.from = wall(Math.round(from / 5) * 5);
  ghost.dataset.to = wall(Math.round(to / 5) * 5);
  ghost.textContent = `${wall(from)}–${wall(to)}`;
  if (target?.dataset.strip === undefined) ghost.remove(); // a day without lines
  else target.append(ghost);
  if (!target) return;
  const where = target.closest("[data-label]")?.dataset.label ?? "";
  const text = `${wall(from)}–${wall(to)} ${where}`.trim();
  if (text !== held.text) say((held.text = text));
  if (held.keys) what.scrollIntoView({ block: "nearest" });
}

// The line under the pointer on which this session could be: its own, another room's or another day's.
function lineAt(x, y) {
  const under = document.elementFromPoint(x, y);
  const line = under?.closest("[data-strip]");
  if (home().dataset.room && line?.dataset.room) return line;
  const column = under?.closest(DAYS);
  if (column && column.dataset.day !== home().dataset.day) return column;
  return under?.closest("[data-first]") ? home() : null;
}

// A visit: to a free time, to another visit's time, to a moment on a line, or to a day.

function visitAddress() {
  const { what, target } = held;
  if (!target || target === what) return "";
  const [day, at, who] = [target.dataset.day, held.at ?? target.dataset.at ?? what.dataset.at, target.dataset.with ?? what.dataset.with];
  if (day === what.dataset.day && at === what.dataset.at && who === what.dataset.with) return "";
  return leading(what.dataset.url, { day, at, with: who });
}

function visitOver(x, y) {
  const under = document.elementFromPoint(x, y);
  const target = under?.closest(board().matches(".week") ? DAYS : "[data-drop], [data-strip]") ?? null;
  held.at = null;
  let text = target?.dataset.label ?? "";
  if (target?.dataset.strip !== undefined) {
    const box = target.getBoundingClientRect();
    const [first, last] = shown();
    const found = (first + ((x - box.left) / box.width) * (last - first)) * 60;
    held.at = wall(within(Math.round(found / STEP) * STEP, 0, DAY - STEP));
    text = `${held.at} ${text}`;
  }
  aim(target);
  if (text !== held.text) say((held.text = text));
}

// The pointer.

function moveTo(x, y) {
  [held.x, held.y] = [x, y];
  if (held.what.dataset.move === "session") {
    const [first, last] = shown();
    const hours = ((x - held.startX) / home().getBoundingClientRect().width) * (last - first);
    aim(held.edge ? home() : lineAt(x, y));
    if (held.target?.matches(DAYS)) [held.from, held.to] = own(held.what); // another day, the same hours
    else shift(Math.round((hours * 60) / STEP) * STEP, held.edge);
    showSession();
  } else {
    held.ghost.style.setProperty("--x", `${x + 12}px`);
    held.ghost.style.setProperty("--y", `${y + 12}px`);
    visitOver(x, y);
  }
}

document.addEventListener("pointerdown", (event) => {
  const what = event.target.closest("[data-move]");
  if (!what || event.button || held || event.target.closest(".link-button")) return;
  const edge = event.target.closest("[data-edge]")?.dataset.edge ?? "";
  pending = { what, edge, x: event.clientX, y: event.clientY, finger: event.pointerType === "touch" };
  if (pending.finger) pending.timer = setTimeout(begin, REST);
});

function begin() {
  if (!pending) return;
  const { what, edge, x, y } = pending;
  take(what, { x, y, edge });
  moveTo(x, y);
}

document.addEventListener("pointermove", (event) => {
  if (pending && !held) {
    const far = Math.hypot(event.clientX - pending.x, event.clientY - pending.y);
    if (pending.finger && far > 10) forget();
    if (pending && !pending.finger && far > 4) begin();
  }
  if (!held || held.keys) return;
  if (event.pointerType === "mouse" && !event.buttons) letGo(words().dataset.left); // it was let go elsewhere
  else moveTo(event.clientX, event.clientY);
});

function forget() {
  clearTimeout(pending?.timer);
  pending = null;
}

document.addEventListener("pointerup", () => {
  forget();
  if (!held || held.keys) return;
  const stop = (event) => { event.preventDefault(); event.stopPropagation(); };
  document.addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", stop, { capture: true }));
  drop();
});
document.addEventListener("pointercancel", () => {
  forget();
  if (held && !held.keys) letGo(words().dataset.left);
});
document.addEventListener("touchmove", (event) => { if (held && !held.keys) event.preventDefault(); }, { passive: false });
document.addEventListener("contextmenu", (event) => { if (held || pending?.finger) event.preventDefault(); });
for (const name of ["dragstart", "selectstart"]) {
  document.addEventListener(name, (event) => { if (held || pending) event.preventDefault(); });
}

// Near the window's edge the page moves along under the pointer.
function along() {
  const by = held.y < EDGE ? -14 : held.y > innerHeight - EDGE ? 14 : 0;
  if (!by) return;
  scrollBy(0, by);
  moveTo(held.x, held.y);
}

// A board that renews itself waits until nothing is under way; who leaves it by Tab leaves it as it is.
for (const name of ["htmx:before:request", "htmx:before:swap"]) {
  document.addEventListener(name, (event) => {
    if ((held || pending) && event.target.closest?.("[data-first]")) event.preventDefault();
  });
}
document.addEventListener("focusout", (event) => {
  if (held?.keys && !held.what.contains(event.relatedTarget) && event.target.isConnected) letGo(words().dataset.left);
});
window.addEventListener("pagehide", () => letGo());
