// "Scan" beside the search: the camera reads a family's code as a hand scanner would type it.
"use strict";

const LOOK_EVERY = 150; // milliseconds between two looks
const GIVE_UP = 30_000; // a camera does not stay on because somebody forgot it
const scan = document.getElementById("scan");
const scanner = document.getElementById("scanner");
const video = scanner.querySelector("video");
const closing = scanner.querySelector("button");
const search = document.getElementById("q");
let turn = 0; // whoever looks for an earlier turn has been told to stop

scan.hidden = !navigator.mediaDevices?.getUserMedia;
scan.addEventListener("click", start);
closing.addEventListener("click", () => stop());
scanner.addEventListener("keydown", (event) => { if (event.key === "Escape") stop(); });
window.addEventListener("pagehide", () => stop());

async function start() {
  stop();
  const mine = turn;
  scan.disabled = true;
  say("starting");
  try {
    const read = await reader();
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    if (mine !== turn) return end(stream);
    video.srcObject = stream;
    await video.play();
    scan.disabled = false;
    scanner.hidden = false;
    say("looking");
    closing.focus();
    await look(read, mine);
  } catch (error) {
    if (mine === turn) stop({ NotAllowedError: "denied", NotFoundError: "missing" }[error.name] ?? "broken");
  }
}

async function look(read, mine) {
  const until = Date.now() + GIVE_UP;
  while (mine === turn) {
    const text = await read();
    if (mine !== turn) return;
    if (text) return hand(text);
    if (Date.now() > until) return stop("nothing");
    await new Promise((done) => { setTimeout(done, LOOK_EVERY); });
  }
}

// As if it had been typed: the search is sent by the form itself.
function hand(text) {
  stop();
  search.value = text;
  search.form.requestSubmit();
  search.focus();
  search.select();
}

function stop(why) {
  turn += 1;
  end(video.srcObject);
  video.srcObject = null;
  scan.disabled = false;
  if (scanner.contains(document.activeElement)) scan.focus();
  scanner.hidden = true;
  say(why);
}

function end(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

function say(what) {
  for (const one of document.querySelectorAll("[data-scan-says]")) one.hidden = one.dataset.scanSays !== what;
}

// What reads a code from the picture: the browser itself, or else a script fetched for it now.
async function reader() {
  if (window.BarcodeDetector && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return async () => (await detector.detect(video))[0]?.rawValue;
  }
  if (!window.jsQR) await fetched(scan.dataset.decoder);
  const canvas = document.createElement("canvas");
  const picture = canvas.getContext("2d", { willReadFrequently: true });
  return () => {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    picture.drawImage(video, 0, 0);
    const { data, width, height } = picture.getImageData(0, 0, canvas.width, canvas.height);
    return jsQR(data, width, height)?.data;
  };
}

function fetched(address) {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = done;
    script.onerror = failed;
    document.head.append(script);
  });
}
