// The keys of drag.js, in one module with it (dragging.js): M takes hold, arrows choose, Enter goes
// to the preview, Escape leaves it.

function choose(step) {
  const day = board().classList.contains("week");
  const all = [...document.querySelectorAll(day ? DAYS : ".free")];
  if (!all.length) return;
  const column = day ? null : (held.target ?? held.what).closest(".group");
  const place = held.target ? all.indexOf(held.target) : -1;
  let next;
  if (day) {
    const today = all.findIndex((one) => one.dataset.day === held.what.dataset.day);
    next = all[within((place < 0 ? today : place) + (step.right || step.down), 0, all.length - 1)];
  } else if (step.right) {
    const columns = [...document.querySelectorAll(".group:has(.free)")];
    const mine = columns.indexOf(column);
    const to = columns[mine < 0 ? 0 : within(mine + step.right, 0, columns.length - 1)];
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
  const byRoom = home().dataset.room !== undefined;
  const lines = [...document.querySelectorAll(byRoom ? "[data-strip][data-room]" : DAYS)];
  const place = lines.indexOf(byRoom ? held.target : held.target.closest(DAYS));
  const to = lines[within(place + step, 0, lines.length - 1)];
  if (to) aim(byRoom || to.dataset.day !== home().dataset.day ? to : home());
}

const ARROWS = {
  ArrowUp: { right: 0, down: -1 }, ArrowDown: { right: 0, down: 1 },
  ArrowLeft: { right: -1, down: 0 }, ArrowRight: { right: 1, down: 0 },
};

function moveByKeys(key, isShifted) {
  const step = ARROWS[key];
  if (held.what.dataset.move === "visit") return choose(step);
  const { from, to } = held;
  const [ownFrom, ownTo] = own(held.what);
  if (step.right) {
    shift((isShifted ? to - ownTo : from - ownFrom) + step.right * STEP, isShifted ? "to" : "");
    if (!isShifted) held.to = Math.min(held.from + (to - from), DAY - 1);
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
