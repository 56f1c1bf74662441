// The hall's screen: says since when it is stale, and chimes if somebody asked for it.
"use strict";

const STALE = 10_000; // without an answer for so long, it says so
let heard = Date.now();
let sound = null; // an AudioContext, which only a press may start
let calls = new Set(all());

function all() {
  return [...document.querySelectorAll("[data-call]")].map((row) => row.dataset.call);
}

function tell() {
  const stale = document.getElementById("stale");
  const silent = Date.now() - heard > STALE;
  if (silent && stale.hidden) {
    const since = new Date(heard).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
    for (const place of stale.querySelectorAll("[data-since]")) place.textContent = since;
  }
  stale.hidden = !silent;
}

// Only an answer that is this screen, or says that it has not changed, counts; an error page is not shown.
document.addEventListener("htmx:before:response", (event) => {
  const status = event.detail.ctx.response.status;
  if (status === 200 || status === 304) heard = Date.now();
  else event.preventDefault();
  tell();
});
setInterval(tell, 1000);

document.addEventListener("htmx:after:swap", () => {
  const now = all();
  if (sound && now.some((call) => !calls.has(call))) chime(sound);
  calls = new Set(now);
});

const button = document.getElementById("sound");
button.hidden = false;
button.addEventListener("click", () => {
  if (sound) { sound.close(); sound = null; } else { sound = new AudioContext(); chime(sound); }
  button.setAttribute("aria-pressed", String(Boolean(sound)));
});
