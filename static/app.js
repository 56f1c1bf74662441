// What the pages cannot do alone. Every page works without this file.
"use strict";

// After a part was swapped in: to the error summary, else back to where the reader was. The part
// that has the focus leaves the page a moment before its successor has settled, and another part may
// be swapped in that moment: the place is kept until it was given back.
let place = null;
let told = null; // a summary takes the focus once
document.addEventListener("htmx:before:swap", () => { place = document.activeElement?.closest("[id]")?.id ?? place; });
document.addEventListener("htmx:after:swap", () => {
  const summary = document.querySelector(".error-summary");
  if (summary && summary !== told) (told = summary).focus();
  else if (document.activeElement === document.body && place) backTo(document.getElementById(place));
  place = null;
  countDown();
});

function backTo(element) {
  element?.focus();
  if (element && document.activeElement !== element) element.querySelector("button, a, input")?.focus();
}

// An answer that never came is said once, in the page's own words.
for (const name of ["htmx:error", "htmx:response:error", "htmx:send:error"]) {
  document.addEventListener(name, () => { document.getElementById("apology").hidden = false; });
}
document.addEventListener("htmx:before:request", () => { document.getElementById("apology").hidden = true; });

// "12:34 left", from an element that says until when.
function countDown() {
  for (const place of document.querySelectorAll("[data-countdown-to]:not([data-counting])")) {
    place.dataset.counting = "";
    const end = Date.parse(place.dataset.countdownTo);
    const show = () => {
      const left = Math.max(0, Math.round((end - Date.now()) / 1000));
      const two = (number) => String(number).padStart(2, "0");
      const minutes = Math.floor(left / 60);
      place.textContent = `${minutes < 60 ? minutes : `${Math.floor(minutes / 60)}:${two(minutes % 60)}`}:${two(left % 60)}`;
      if (left && place.isConnected) setTimeout(show, 1000);
    };
    show();
  }
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
told = document.querySelector(".error-summary");
told?.focus();
document.querySelector(".day[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
countDown();
