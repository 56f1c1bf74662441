// The observation board: a sound, once for each child whose time is over. The lines at its top say
// the same without this file, until somebody notes them.
const WANTED = "board-sound"; // whether this screen is to sound, also after the page is loaded again
const RUNG = "board-rung"; // for whom it has sounded
const button = document.getElementById("sound");
let sound = null; // an AudioContext; it sleeps until somebody presses something on the page

function kept(name) {
  try { return JSON.parse(localStorage.getItem(name)); } catch { return null; }
}
function keep(name, value) {
  try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* a browser that keeps nothing */ }
}
let rung = kept(RUNG) ?? [];

function ring() {
  const over = [...document.querySelectorAll("[data-over]")];
  const fresh = over.filter((line) => !rung.includes(line.dataset.over));
  if (!fresh.length || sound?.state !== "running") return;
  chime(sound);
  document.getElementById("said").textContent = fresh.map((line) => line.textContent.trim()).join(" ");
  rung = over.map((line) => line.dataset.over);
  keep(RUNG, rung);
}

function show() {
  button.setAttribute("aria-pressed", String(sound?.state === "running"));
}

function start() {
  sound ??= new AudioContext();
  sound.resume().then(() => { show(); ring(); });
}

button.hidden = false;
button.addEventListener("click", () => {
  const isOn = sound?.state === "running";
  keep(WANTED, !isOn);
  if (isOn) { sound.close(); sound = null; show(); } else start();
});
if (kept(WANTED)) {
  start(); // a browser that was told to lets it sound at once; else the first press on the page does
  for (const name of ["pointerdown", "keydown"]) {
    document.addEventListener(name, ({ target }) => {
      if (kept(WANTED) && !button.contains(target)) start();
    }, { once: true });
  }
}
document.addEventListener("htmx:after:swap", ring);
