// Around htmx: nothing moves under the finger, loading shows when it takes a moment, and what went
// wrong is said where the eye is. Every page works without this file.
"use strict";

const MOMENT = 200; // ms before loading is said; most answers are here by then
const PATIENCE = 15_000; // ms after which a form may be sent again
const ours = (id) => document.getElementById(id);
const isPoll = (ctx) => ctx.sourceEvent?.type === "every";

// What was pressed last, also where a browser gives no focus to what is tapped.
let pressed = null;
for (const name of ["pointerdown", "keydown", "change"]) {
  document.addEventListener(name, (event) => { pressed = event.target; }, true);
}

function isInSight(element) {
  const { top, bottom, height } = element.getBoundingClientRect();
  return height > 0 && bottom > 0 && top < innerHeight;
}

// What may be found again after a swap and where it is: what was pressed, else the first in sight; then what is around it.
function places(part) {
  const isHere = part.contains(pressed) && isInSight(pressed);
  const first = isHere ? pressed : [...part.querySelectorAll("[id]")].find(isInSight);
  const found = [];
  for (let one = (first ?? part).closest("[id]"); one; one = one.parentElement?.closest("[id]")) {
    found.push({ id: one.id, top: one.getBoundingClientRect().top });
  }
  return found;
}

let before = null; // of the swap that is under way
document.addEventListener("htmx:before:swap", ({ detail }) => {
  const part = detail.tasks.find((task) => task.target?.isConnected)?.target;
  if (!part) return;
  before = {
    places: places(part),
    strips: [...document.querySelectorAll("[data-strip]")].map((strip) => ({ id: strip.id, left: strip.scrollLeft, pressed: strip.contains(pressed) })),
    focus: document.activeElement?.closest("[id]")?.id ?? before?.focus,
  };
});

// The new part is in the page and was not painted yet.
document.addEventListener("htmx:before:settle", () => {
  for (const { id, left, pressed: wasPressed } of before?.strips ?? []) {
    const strip = ours(id);
    if (!strip) continue;
    strip.scrollLeft = left;
    if (!wasPressed) showCurrent(strip);
  }
  const anchor = before?.places.find(({ id }) => ours(id)?.getClientRects().length);
  if (!anchor) return;
  const moved = ours(anchor.id).getBoundingClientRect().top - anchor.top;
  document.body.style.minHeight = `${scrollY + moved + innerHeight}px`; // also where the page got shorter
  scrollBy({ top: moved, behavior: "instant" });
});

// A strip scrolls by itself, and nothing else, to what is chosen in it.
function showCurrent(strip) {
  const current = strip.querySelector("[aria-current]");
  if (!current) return;
  const [all, one] = [strip.getBoundingClientRect(), current.getBoundingClientRect()];
  if (one.left < all.left || one.right > all.right) strip.scrollLeft += one.left - all.left - (all.width - one.width) / 2;
}
document.querySelectorAll("[data-strip]").forEach(showCurrent);

// After it: to the error summary, else back to where the reader was.
let told = document.querySelector(".error-summary"); // a summary takes the focus once
told?.focus();
document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const summary = document.querySelector(".error-summary");
  if (summary && summary !== told) (told = summary).focus();
  else if (document.activeElement === document.body && before?.focus) backTo(ours(before.focus));
  before = null;
  if (isPoll(ctx)) return;
  if (ctx.response.status >= 400) showRefusal(document.querySelector("main .notice-bad[role=alert]"));
  ours("said").textContent = ours(ctx.target?.id)?.dataset.said ?? "";
});

// It stands where it belongs, as what was pressed may not; out of sight it is said again below.
function showRefusal(notice) {
  if (!notice) return;
  notice.classList.add("in-sight");
  if (!isInSight(notice)) ours("toast").replaceChildren(notice.cloneNode(true));
}

function backTo(element) {
  element?.focus({ preventScroll: true });
  if (element && document.activeElement !== element) element.querySelector("button, a, input")?.focus({ preventScroll: true });
}

// An address holds what is asked for, and neither the form's token nor what only a POST means.
document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  if (ctx.request.method !== "GET") return;
  ctx.request.body.delete("csrf_token");
  for (const field of ctx.request.form?.querySelectorAll("[data-posted]") ?? []) ctx.request.body.delete(field.name);
});

// Loading. A newer request takes the place of an older one, and the part stays busy.
const waits = new Map(); // a request: the part that it fills, and its timer
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (isPoll(ctx)) return;
  clearToast();
  const part = ctx.target;
  const timer = setTimeout(() => {
    part?.setAttribute?.("aria-busy", "true");
    ours("said").textContent = ours("said").dataset.loading;
  }, MOMENT);
  waits.set(ctx, { part, timer });
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const { part, timer } = waits.get(ctx) ?? {};
  clearTimeout(timer);
  waits.delete(ctx);
  if (ctx.keepIndicators || [...waits.values()].some((other) => other.part === part)) return;
  part?.removeAttribute?.("aria-busy");
  if (ours("said").textContent === ours("said").dataset.loading) ours("said").textContent = "";
});

// What never came, or is no answer of ours, is said once in the page's own words. What our server
// answers says itself what is wrong (`clinic/faults.py`).
function clearToast() {
  ours("toast").replaceChildren();
  delete ours("toast").dataset.polled;
}
function apologize() {
  ours("toast").replaceChildren(ours("apology").content.cloneNode(true));
}
document.addEventListener("htmx:error", apologize);
document.addEventListener("htmx:before:response", (event) => {
  const { response, hx } = event.detail.ctx;
  if (response.status >= 500 && !hx.retarget) {
    event.preventDefault(); // it is not put into the page
    apologize();
    return;
  }
  const toast = ours("toast");
  toast.querySelector("[data-apology]")?.remove();
  if (!isPoll(event.detail.ctx)) return;
  if (response.status >= 400) toast.dataset.polled = ""; // what the page asks by itself
  else if ("polled" in toast.dataset) clearToast(); // was answered again
});

// A form is on its way once, however often its button is pressed.
const sent = new Map(); // a form: the timer that says it
function send(form, button) {
  sent.set(form, setTimeout(() => (button ?? form).setAttribute("aria-busy", "true"), MOMENT));
}
function mayBeSent(form) {
  clearTimeout(sent.get(form));
  sent.delete(form);
  for (const one of [form, ...form.querySelectorAll("[aria-busy]")]) one.removeAttribute("aria-busy");
}
document.addEventListener("submit", (event) => {
  if (!sent.has(event.target)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.target) return;
  send(event.target, event.submitter);
  setTimeout(() => mayBeSent(event.target), PATIENCE); // a download leaves the page as it is
});
addEventListener("pageshow", ({ persisted }) => { if (persisted) [...sent.keys()].forEach(mayBeSent); });
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (ctx.sourceEvent?.type === "submit" && !form.closest("[hx-sync]")) send(form, ctx.sourceEvent.submitter);
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (sent.has(ctx.sourceElement) && !ctx.keepIndicators) mayBeSent(ctx.sourceElement);
});
