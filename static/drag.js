// Sessions and visits are taken to another time on the calendar's boards: by mouse, by a finger that
// rests, by keys. Nothing is changed here: this only opens the page that shows whom it concerns.
"use strict";

const STEP = 15; // minutes
const REST = 350; // milliseconds that a finger rests before it takes hold
const EDGE = 70; // pixels from the window's edge at which the page moves along

const minutes = (text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const wall = (number) => `${String(Math.floor(number / 60)).padStart(2, "0")}:${String(number % 60).padStart(2, "0")}`;
const within = (number, low, high) => Math.max(low, Math.min(high, number));
const board = () => document.querySelector("[data-first]");
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
    held.from = minutes(what.dataset.from);
    held.to = minutes(what.dataset.to);
    held.target = what.closest("[data-strip]");
    held.ghost = what.cloneNode(false);
    held.ghost.className = "bar ghost";
    for (const name of ["href", "data-move", "title"]) held.ghost.removeAttribute(name);
  } else if (!keys) {
    held.ghost = document.createElement("div");
    held.ghost.className = "follows";
    held.ghost.textContent = what.querySelector("b:has(.name), .name, b + b, b").textContent;
    document.body.append(held.ghost);
  }
  if (keys) say(words().dataset[what.dataset.move]);
}

function letGo(text = "") {
  if (!held) return;
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
  const home = what.closest("[data-strip]");
  const same = from === minutes(what.dataset.from) && to === minutes(what.dataset.to);
  if (same && target.dataset.day === home.dataset.day && target.dataset.room === home.dataset.room) return "";
  const address = new URL(what.href);
  address.searchParams.set("opens", wall(from));
  address.searchParams.set("closes", wall(to));
  address.searchParams.set("day", target.dataset.day);
  if (target.dataset.room) address.searchParams.set("room", target.dataset.room);
  return address.href;
}

function shift(by, edge) {
  const { what } = held;
  const [from, to] = [minutes(what.dataset.from), minutes(what.dataset.to)];
  const [first, last] = [Number(board().dataset.first) * 60, Number(board().dataset.last) * 60 - 1];
  if (edge === "from") held.from = within(from + by, first, to - STEP);
  else if (edge === "to") held.to = within(to + by, from + STEP, last + 1);
  else {
    const by_ = within(by, first - from, last + 1 - to);
    [held.from, held.to] = [from + by_, to + by_];
  }
  held.to = Math.min(held.to, 24 * 60 - 1);
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
  const home = held.what.closest("[data-strip]");
  const under = document.elementFromPoint(x, y);
  const line = under?.closest("[data-strip]");
  if (home.dataset.room && line?.dataset.room) return line;
  const day = under?.closest("[data-day]:not([data-strip])")?.dataset.day ?? line?.dataset.day;
  if (!day || day === home.dataset.day) return under?.closest("[data-first]") ? home : null;
  return document.querySelector(`[data-drop][data-day="${day}"]:not([data-at])`);
}

// A visit: to a free time, to another visit's time, to a moment on a line, or to a day.

function visitAddress() {
  const { what, target } = held;
  if (!target || target === what) return "";
  const [day, at, who] = [target.dataset.day, held.at ?? target.dataset.at ?? what.dataset.at, target.dataset.with ?? what.dataset.with];
  if (day === what.dataset.day && at === what.dataset.at && who === what.dataset.with) return "";
  const address = new URL(what.dataset.url, location.href);
  for (const [name, value] of [["day", day], ["at", at], ["with", who]]) address.searchParams.set(name, value);
  return address.href;
}

function visitOver(x, y) {
  const under = document.elementFromPoint(x, y);
  const target = under?.closest("[data-drop], [data-strip]") ?? null;
  held.at = null;
  let text = target?.dataset.label ?? "";
  if (target?.dataset.strip !== undefined && target.dataset.with) {
    const box = target.getBoundingClientRect();
    const [first, last] = [Number(board().dataset.first), Number(board().dataset.last)];
    const found = (first + ((x - box.left) / box.width) * (last - first)) * 60;
    held.at = wall(within(Math.round(found / STEP) * STEP, 0, 24 * 60 - STEP));
    text = held.at;
  }
  aim(target);
  if (text !== held.text) say((held.text = text));
}

// The pointer.

function moveTo(x, y) {
  [held.x, held.y] = [x, y];
  if (held.what.dataset.move === "session") {
    const width = held.what.closest("[data-strip]").getBoundingClientRect().width;
    const hours = Number(board().dataset.last) - Number(board().dataset.first);
    shift(Math.round((((x - held.startX) / width) * hours * 60) / STEP) * STEP, held.edge);
    aim(held.edge ? held.what.closest("[data-strip]") : lineAt(x, y));
    if (held.target && held.target !== held.what.closest("[data-strip]") && !held.target.dataset.room) {
      [held.from, held.to] = [minutes(held.what.dataset.from), minutes(held.what.dataset.to)]; // another day, the same hours
    }
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
  if (held && !held.keys) moveTo(event.clientX, event.clientY);
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
document.addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-move]")) event.preventDefault(); });

// Near the window's edge the page moves along under the pointer.
setInterval(() => {
  if (!held || held.keys) return;
  const by = held.y < EDGE ? -14 : held.y > innerHeight - EDGE ? 14 : 0;
  if (!by) return;
  scrollBy(0, by);
  moveTo(held.x, held.y);
}, 40);

// The keys: M takes hold, arrows choose, Enter goes to the preview, Escape leaves it.

function choose(step) {
  const day = board().classList.contains("week");
  const all = [...document.querySelectorAll(day ? "[data-drop]:not([data-at])" : ".free")];
  if (!all.length) return;
  const column = day ? null : (held.target ?? held.what).closest(".group");
  const place = held.target ? all.indexOf(held.target) : -1;
  let next;
  if (day) {
    const own = all.findIndex((one) => one.dataset.day === held.what.dataset.day);
    next = all[within((place < 0 ? own : place) + (step.right || step.down), 0, all.length - 1)];
  } else if (step.right) {
    const columns = [...document.querySelectorAll(".group:has(.free)")];
    const own = columns.indexOf(column);
    const to = columns[own < 0 ? 0 : within(own + step.right, 0, columns.length - 1)];
    const at = held.target?.dataset.at ?? held.what.dataset.at;
    const times = [...to.querySelectorAll(".free")];
    next = times.find((one) => one.dataset.at >= at) ?? times.at(-1);
  } else if (place < 0) {
    const mine = all.filter((one) => one.closest(".group") === column);
    const later = mine.filter((one) => one.dataset.at > held.what.dataset.at);
    const sooner = mine.filter((one) => one.dataset.at < held.what.dataset.at);
    next = (step.down > 0 ? later[0] : sooner.at(-1)) ?? mine[0] ?? all[0];
  } else {
    next = all[within(place + step.down, 0, all.length - 1)];
  }
  aim(next);
  next.scrollIntoView({ block: "nearest" });
  say(next.dataset.label);
}

function chooseLine(step) {
  const home = held.what.closest("[data-strip]");
  const lines = home.dataset.room
    ? [...document.querySelectorAll("[data-strip][data-room]")]
    : [...document.querySelectorAll("[data-drop]:not([data-at])")];
  const own = lines.indexOf(home.dataset.room ? held.target : (held.target.closest("[data-drop]:not([data-at])") ?? held.target));
  const to = lines[within(own + step, 0, lines.length - 1)];
  if (to) aim(to.dataset.day === home.dataset.day && !home.dataset.room ? home : to);
}

const ARROWS = {
  ArrowUp: { right: 0, down: -1 }, ArrowDown: { right: 0, down: 1 },
  ArrowLeft: { right: -1, down: 0 }, ArrowRight: { right: 1, down: 0 },
};

function moveByKeys(key, isShifted) {
  const step = ARROWS[key];
  if (held.what.dataset.move === "visit") return choose(step);
  const { from, to, what } = held;
  if (step.right) {
    const edge = isShifted ? "to" : "";
    shift((isShifted ? to - minutes(what.dataset.to) : from - minutes(what.dataset.from)) + step.right * STEP, edge);
    if (!isShifted) held.to = Math.min(held.from + (to - from), 24 * 60 - 1);
  } else chooseLine(step.down);
  showSession();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && (held || pending)) {
    forget();
    letGo(words().dataset.left);
    return event.preventDefault();
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const what = event.target.closest?.("[data-move]");
  if (!held && what && event.key.toLowerCase() === "m") {
    take(what, { keys: true });
    return event.preventDefault();
  }
  if (!held?.keys || what !== held.what) return;
  if (event.key in ARROWS) moveByKeys(event.key, event.shiftKey);
  else if (event.key === "Enter") drop();
  else return;
  event.preventDefault();
});

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
