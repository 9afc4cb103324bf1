// The player: one sound at a time, and none before the first touch.

/** `watcher` is told: `change()` when it starts or stops, `progress()` while it plays, `failed()` if it can't play. */
export class Player {
  constructor() {
    this.audio = new Audio();
    this.watcher = null;
    this.wanted = null; // whether the next song plays by itself; null until the first touch
    this.ticking = false;
    for (const name of ["play", "pause", "ended", "durationchange"]) this.audio.addEventListener(name, () => this.changed());
    this.audio.addEventListener("error", () => this.audio.src && this.watcher?.failed());
    document.addEventListener("visibilitychange", () => document.hidden && this.audio.pause());
  }

  get playing() {
    return !this.audio.paused && !this.audio.ended;
  }

  get seconds() {
    return this.audio.currentTime;
  }

  /** Load this sound, and play it if songs play by themselves. */
  load(sound, card) {
    this.audio.src = sound;
    describe(card);
    if (this.wanted) this.play();
  }

  /** Stop and unload the sound. */
  clear() {
    this.watcher = null;
    this.audio.pause();
    this.audio.removeAttribute("src");
  }

  /** From the first touch on, songs play by themselves, until the member pauses one. */
  touched() {
    this.wanted ??= true;
  }

  toggle() {
    this.wanted = !this.playing;
    if (this.wanted) this.play();
    else this.audio.pause();
  }

  /** A browser that wants a touch first refuses; the button then still says Play. */
  play() {
    if (this.audio.src) this.audio.play().catch(() => this.changed());
  }

  changed() {
    this.watcher?.change();
    if (this.playing && !this.ticking) requestAnimationFrame(() => this.tick());
    this.ticking = this.playing;
  }

  tick() {
    this.watcher?.progress();
    this.ticking = this.playing;
    if (this.ticking) requestAnimationFrame(() => this.tick());
  }
}

/** Show the song on the lock screen. */
function describe(card) {
  if (!("mediaSession" in navigator)) return;
  navigator.mediaSession.metadata = new MediaMetadata({ title: card.title, artist: card.artists.join(", ") });
}
