// What the pages cannot do alone. Every page works without this file.
"use strict";

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
document.addEventListener("htmx:after:swap", countDown);
countDown();
