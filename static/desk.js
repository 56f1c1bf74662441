// A hand scanner is a keyboard that types fast and ends with Enter. What it reads is searched for,
// whatever has the focus; only a field that somebody writes in keeps what is typed there.
const FAST = 80; // milliseconds between two signs of a scanner, at most
const SHORTEST = 6; // signs of a code
const search = document.getElementById("q");
let read = "";
let last = 0;

document.addEventListener("keydown", (event) => {
  const now = Date.now();
  const follows = now - last < FAST;
  if (event.key === "Shift") return;
  last = now;
  if (event.code === "Enter" || event.code === "NumpadEnter" || event.key === "Enter") {
    const code = follows ? read : "";
    read = "";
    if (code.length < SHORTEST || isWrittenIn(event.target)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    setTimeout(() => find(code)); // after an input method has given up what it held
  } else if (event.ctrlKey || event.altKey || event.metaKey) read = "";
  else read = (follows ? read : "") + sign(event);
}, true);

// An input method hides the sign of a key, and not which key it was.
function sign({ key, code }) {
  if (key.length === 1) return key;
  return /^(Key|Digit|Numpad)([A-Z0-9])$/.exec(code)?.[2] ?? "";
}

function isWrittenIn(element) {
  return element !== search && element.matches?.("textarea, select, input:not([type=checkbox], [type=radio])");
}

function find(code) {
  search.value = code;
  search.form.requestSubmit();
  ready();
}

// The next visitor is typed or scanned over the last one.
function ready() {
  search.focus();
  search.select();
}

// After a check-in by hand too: not back in the row, where Enter would open it. A refusal is read
// first, and whoever presses keys stays in the row.
let isByHand = false;
for (const name of ["pointerdown", "keydown"]) {
  document.addEventListener(name, () => { isByHand = name === "pointerdown"; }, true);
}
let isCheckedIn = false;
document.addEventListener("htmx:before:swap", ({ detail }) => {
  isCheckedIn ||= isByHand && Boolean(detail.ctx.sourceElement?.action?.includes("/arrival"));
});
document.addEventListener("htmx:after:swap", () => {
  if (!isCheckedIn) return;
  isCheckedIn = false;
  if (matchMedia("(pointer: fine)").matches && !document.querySelector("#arrivals [role=alert]")) ready();
});
