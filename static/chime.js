// A short sound of two tones. `sound` is an AudioContext, which only a press may start.
"use strict";

function chime(sound) {
  for (const [at, pitch] of [[0, 880], [0.35, 660]]) {
    const tone = sound.createOscillator();
    const volume = sound.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.3, sound.currentTime + at);
    volume.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + at + 0.6);
    tone.connect(volume).connect(sound.destination);
    tone.start(sound.currentTime + at);
    tone.stop(sound.currentTime + at + 0.6);
  }
}
