"use strict";

// What both pages share: elements, one player, waveforms, moving between entries, theme, files.
// Texts come from scripts, so they only ever become text nodes and attributes, never markup.

const data = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";
const byId = (id) => document.getElementById(id);

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") node.toggleAttribute(name, value);
    else node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child || child === 0));
  return node;
}

const element = (tag, attributes = {}, ...children) =>
  filled(document.createElement(tag), attributes, children);

const drawn = (tag, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, tag), attributes, children);

const PLAY = "M4 2.5v11l9.5-5.5z";
const PAUSE = "M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z";

// The last messages stay, as a screen reader may not have read one when the next one comes.
function announce(text) {
  byId("live").append(element("p", {}, text));
  while (byId("live").childElementCount > 3) byId("live").firstChild.remove();
}

const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
const seconds = (value) => `${value.toFixed(1)} s`;

function length(value) {
  if (value < 60) return seconds(value);
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}

// Storage that is blocked or full costs nothing but that choices end with the page.
const kept = {
  key: (name) => `narrate ${location.pathname} ${name}`,
  get(name) {
    try {
      return JSON.parse(localStorage.getItem(kept.key(name)));
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(kept.key(name), JSON.stringify(value));
    } catch {
      byId("unsaved").hidden = false;
    }
  },
};

// One audio element plays every sound, so nothing is loaded before it is asked for.
const player = { audio: new Audio(), sound: null, onEnd: () => {} };
player.audio.preload = "none";

player.toggle = (sound) => {
  if (player.sound === sound && !player.audio.paused) return player.audio.pause();
  if (player.sound !== sound) player.load(sound);
  // A sound that is replaced before it starts rejects its promise, which is no failure.
  return player.audio.play().catch(() => {});
};

player.load = (sound) => {
  player.audio.pause();
  if (player.sound) player.sound.show(0, false);
  player.sound = sound;
  player.audio.src = sound.rendering.audio;
};

player.seek = (sound, position) => {
  if (player.sound !== sound) player.load(sound);
  const there = Math.min(Math.max(position, 0), sound.rendering.seconds);
  player.audio.currentTime = there;
  sound.show(there, !player.audio.paused);
};

player.show = () => {
  const playing = !player.audio.paused && !player.audio.ended;
  if (player.sound) player.sound.show(player.audio.currentTime, playing);
  if (playing) requestAnimationFrame(player.show);
};

for (const name of ["play", "pause", "seeked"]) player.audio.addEventListener(name, player.show);
player.audio.addEventListener("ended", () => {
  player.show();
  player.onEnd();
});
player.audio.addEventListener("error", () => {
  if (player.sound) announce(`${player.sound.rendering.audio} cannot be played`);
});

// A byte a column, as base64: the peak of the sound there, 255 at full scale.
function bars(peaks) {
  const heights = Array.from(atob(peaks), (char) => char.charCodeAt(0) / 255);
  const bar = (height, column) => {
    const size = Math.max(2, 100 * height ** 0.6);
    return `M${column + 0.2} ${(50 - size / 2).toFixed(1)}h.6v${size.toFixed(1)}h-.6z`;
  };
  return { columns: heights.length, path: heights.map(bar).join("") };
}

// A sound on the page: its button, its waveform, which is a slider, and the words that follow it.
class Sound {
  constructor(rendering, label) {
    this.rendering = rendering;
    this.label = label;
    this.words = [];
    const shape = bars(rendering.peaks);
    const own = { viewBox: `0 0 ${shape.columns} 100`, preserveAspectRatio: "none" };
    const marks = (rendering.words || []).map((word) => this.mark(word, shape.columns));
    this.played = drawn("svg", { ...own, class: "played", "aria-hidden": "true" });
    this.played.append(drawn("path", { d: shape.path }));
    const whole = drawn("svg", { ...own, "aria-hidden": "true" });
    whole.append(drawn("path", { d: shape.path }), drawn("path", { d: marks.join(""), class: "marks" }));
    this.shape = element("div", { class: "shape" }, whole, this.played);
    this.slider = this.sliding(this.shape);
    this.time = element("span", { class: "time", "aria-hidden": "true" });
    this.drawing = drawn("path", { d: PLAY });
    const picture = drawn("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, this.drawing);
    this.button = element("button", { type: "button", class: "play" }, picture);
    this.button.addEventListener("click", () => player.toggle(this));
    this.node = element("div", { class: "sound" }, this.button, this.slider, this.time);
    this.show(0, false);
  }

  mark([, start], columns) {
    return `M${((start / this.rendering.seconds) * columns).toFixed(2)} 90v10`;
  }

  sliding(shape) {
    const slider = element("div", {
      role: "slider",
      tabindex: "0",
      class: "wave",
      "aria-label": `Position in ${this.label}`,
      "aria-valuemin": "0",
      "aria-valuemax": String(this.rendering.seconds),
    }, shape);
    const seek = (event) => {
      const box = slider.getBoundingClientRect();
      player.seek(this, ((event.clientX - box.left) / box.width) * this.rendering.seconds);
    };
    slider.addEventListener("pointerdown", (event) => {
      slider.setPointerCapture(event.pointerId);
      seek(event);
    });
    slider.addEventListener("pointermove", (event) => {
      if (slider.hasPointerCapture(event.pointerId)) seek(event);
    });
    slider.addEventListener("keydown", (event) => this.step(event));
    return slider;
  }

  step(event) {
    const now = player.sound === this ? player.audio.currentTime : 0;
    const to = { ArrowLeft: now - 0.5, ArrowRight: now + 0.5, Home: 0, End: this.rendering.seconds };
    if (!(event.key in to)) return;
    event.preventDefault();
    player.seek(this, to[event.key]);
  }

  // Words that are marked while they are heard: pairs of an element and a word of the rendering.
  follow(pairs) {
    this.words = pairs;
  }

  show(position, playing) {
    const whole = this.rendering.seconds;
    const share = Math.min(position / whole, 1) || 0;
    this.played.style.clipPath = `inset(0 ${((1 - share) * 100).toFixed(2)}% 0 0)`;
    this.time.textContent = seconds(position || whole);
    this.node.classList.toggle("begun", position > 0);
    this.slider.setAttribute("aria-valuenow", position.toFixed(1));
    this.slider.setAttribute("aria-valuetext", `${position.toFixed(1)} of ${seconds(whole)}`);
    this.drawing.setAttribute("d", playing ? PAUSE : PLAY);
    this.button.setAttribute("aria-label", `${playing ? "Pause" : "Play"} ${this.label}`);
    for (const [node, [, start, end]] of this.words) {
      node.classList.toggle("now", position > 0 && position >= start && position < end);
    }
  }
}

// The entries of a page, in order: one is current, those that do not match are hidden, and each is
// filled only when it comes near the window.
class Entries {
  constructor(entries, onMove) {
    this.entries = entries;
    this.onMove = onMove;
    this.current = null;
    this.near = new IntersectionObserver(
      (seen) => {
        for (const each of seen) {
          if (each.isIntersecting) this.fill(each.target.entry);
        }
      },
      { rootMargin: "800px 0px" },
    );
    const whole = document.createDocumentFragment();
    for (const entry of entries) {
      entry.node.entry = entry;
      entry.node.addEventListener("focusin", () => this.select(entry));
      entry.node.addEventListener("pointerdown", () => this.select(entry));
      this.near.observe(entry.node);
      whole.append(entry.node);
    }
    byId("entries").replaceChildren(whole);
  }

  fill(entry) {
    if (entry.full) return;
    entry.full = true;
    this.near.unobserve(entry.node);
    entry.fill();
  }

  get shown() {
    return this.entries.filter((entry) => !entry.node.hidden);
  }

  show(matches) {
    for (const entry of this.entries) entry.node.hidden = !matches(entry);
    byId("none").hidden = this.shown.length > 0;
  }

  select(entry) {
    if (entry === this.current) return;
    if (this.current) this.current.node.removeAttribute("aria-current");
    this.current = entry;
    this.fill(entry);
    entry.node.setAttribute("aria-current", "true");
    this.onMove(entry);
  }

  go(entry) {
    if (!entry) return;
    this.select(entry);
    entry.node.focus({ preventScroll: true });
    entry.node.scrollIntoView({ block: "nearest" });
  }

  move(step) {
    const shown = this.shown;
    const place = shown.indexOf(this.current);
    this.go(shown[place < 0 ? 0 : Math.min(Math.max(place + step, 0), shown.length - 1)]);
  }

  next() {
    const shown = this.shown;
    return shown[shown.indexOf(this.current) + 1];
  }
}

// Keys that a control has for itself stay with it.
function taken(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return true;
  const on = event.target.closest("input, textarea, select, button, a, summary, [role=slider]");
  if (!on) return false;
  if (on.matches("input[type=search], textarea, select")) return true;
  if (event.key === " ") return !on.matches("[role=slider]");
  return on.matches("input") && event.key.startsWith("Arrow");
}

function listen(keys) {
  document.addEventListener("keydown", (event) => {
    const act = !taken(event) && keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

const THEMES = ["automatic", "light", "dark"];

function theme(chosen) {
  const name = THEMES.includes(chosen) ? chosen : THEMES[0];
  document.documentElement.dataset.theme = name;
  byId("theme").setAttribute("aria-label", `Colours: ${name}`);
  byId("theme").title = `Colours: ${name}`;
  return name;
}

function switchTheme() {
  const place = THEMES.indexOf(document.documentElement.dataset.theme);
  kept.set("theme", theme(THEMES[(place + 1) % THEMES.length]));
}

function save(name, content) {
  const blob = new Blob([`${JSON.stringify(content, null, 2)}\n`], { type: "application/json" });
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  announce(`saved as ${name}`);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = element("textarea", { class: "aside", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  announce(`copied: ${text}`);
}

function quoted(word) {
  return /^[\w/.:@%+-][\w/.:@%+=-]*$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

const command = (...words) => ["narrate", ...words.map(String).map(quoted)].join(" ");

theme(kept.get("theme"));
byId("theme").addEventListener("click", switchTheme);
byId("help").addEventListener("click", () => byId("keys").showModal());
