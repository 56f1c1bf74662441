// What the pages cannot do alone. Every page works without this file.
"use strict";

// "12:34 left", from an element that says how long: the browser's own clock may be wrong.
function countDown() {
  for (const place of document.querySelectorAll("[data-seconds-left]:not([data-counting])")) {
    place.dataset.counting = "";
    const end = Date.now() + place.dataset.secondsLeft * 1000;
    const show = () => {
      const left = Math.max(0, Math.round((end - Date.now()) / 1000));
      const two = (number) => String(number).padStart(2, "0");
      const minutes = Math.floor(left / 60);
      place.textContent = `${minutes < 60 ? minutes : `${Math.floor(minutes / 60)}:${two(minutes % 60)}`}:${two(left % 60)}`;
      if (left && place.isConnected) setTimeout(show, 1000);
      if (!left) overNow(place.closest("[data-held]"));
    };
    show();
  }
}

// What was held for somebody is not any more: the page says so without being asked again.
function overNow(held) {
  if (!held) return;
  held.hidden = true;
  held.parentElement.querySelector("[data-when-over]").hidden = false;
}

// "Use my location": a plain form whose two fields only the browser can fill.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-locate]");
  if (!button || !navigator.geolocation) return;
  event.preventDefault();
  button.disabled = true;
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      button.form.elements.lat.value = coords.latitude;
      button.form.elements.lng.value = coords.longitude;
      button.form.submit();
    },
    () => { button.disabled = false; button.form.querySelector("[data-locate-failed]").hidden = false; },
    { timeout: 8000 },
  );
});

// Things that only work with this script are shown by it.
for (const one of document.querySelectorAll("[data-needs-script]")) one.hidden = false;
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// Staff who were away for as long as the site bears see no names on a page that stays as it is either,
// also after the computer slept. What they typed is still there once they have said who they are.
const awayAfter = Number(document.body.dataset.awayAfter) * 1000;
const presence = { at: Date.now(), by: document.body.dataset.signIn };
const PRESENCE = "presence"; // what all tabs know: when, and by whom
function notePress() {
  presence.at = Date.now();
  try { localStorage.setItem(PRESENCE, JSON.stringify(presence)); } catch { /* this tab alone knows */ }
}
function lastPress() {
  try {
    const { at, by } = JSON.parse(localStorage.getItem(PRESENCE));
    return by === presence.by && at <= Date.now() ? Math.max(at, presence.at) : presence.at;
  } catch { return presence.at; }
}
let title = ""; // it may hold a name too
function blank() {
  const away = Date.now() - lastPress() >= awayAfter;
  const [main, notice] = [document.getElementById("main"), document.getElementById("away-notice")];
  if (away === main.hidden) return;
  main.hidden = away;
  [document.title, title] = [away ? "…" : title, document.title];
  if (!away) return notice?.remove();
  main.after(document.getElementById("away").content.cloneNode(true));
  document.querySelector("#away-notice a").focus();
}
if (awayAfter) {
  notePress();
  document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => { if (!isPoll(ctx)) notePress(); });
  setInterval(blank, 5000);
  for (const name of ["visibilitychange", "resume"]) document.addEventListener(name, blank);
  for (const name of ["focus", "pageshow", "storage"]) addEventListener(name, blank);
}

document.addEventListener("htmx:after:swap", countDown);
countDown();
