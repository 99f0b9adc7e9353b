// The review page: one entry a line, with its takes and its refused attempts.

const verdicts = new Map();
let wanted = "all";
let playOn = false;

const current = (line) => (line.takes || []).find((take) => take.current);
const approved = (line) => (line.takes || []).some((take) => take.approved);

const FILTERS = {
  all: { name: "All", has: () => true },
  open: { name: "To review", has: (line) => !verdicts.has(line.id) && !approved(line) && !line.recording },
  failed: { name: "Failed", has: (line) => line.state === "failed" },
  flagged: { name: "Flagged", has: (line) => line.state === "flagged" },
  changed: { name: "Changed", has: (line) => Boolean(line.changed) },
  words: { name: "Words differ", has: (line) => Boolean((current(line) || {}).different) },
  missing: { name: "Not spoken", has: (line) => line.state === "missing" },
  sample: { name: "Sample", has: (line) => Boolean(line.sample) },
};

// Filters that are only there if a line matches.
const OPTIONAL = new Set(["missing", "sample", "words"]);

const STATES = { failed: "failed", missing: "not spoken", flagged: "flagged", ok: "" };

class Line {
  constructor(line, number) {
    this.line = line;
    this.number = number;
    this.sounds = [];
    this.chosen = null;
    this.heading = `line-${number}`;
    this.words = element("p", { class: "text", dir: "auto" }, line.text);
    this.said = line.said ? element("p", { class: "said", dir: "auto" }, line.said) : "";
    this.verdict = element("p", { class: "verdict" });
    const state = STATES[line.state];
    const about = [
      line.recording && element("span", { class: "tag" }, "recording"),
      element("h2", { id: this.heading }, line.id),
      state && element("span", { class: `tag ${line.state}` }, state),
      line.changed ? element("span", { class: "tag" }, "changed") : "",
      line.voice ? element("span", { class: "voice" }, line.voice) : "",
    ];
    const head = element("header", {}, element("span", { class: "number", "aria-hidden": "true" }, String(number)), ...about, this.verdict);
    this.body = element("div", { class: "body" });
    this.node = element("article", { tabindex: "-1", "aria-labelledby": this.heading, class: line.state }, head, this.words, this.said, this.body);
    this.search = `${line.id}\n${line.text}\n${line.said || ""}`.toLocaleLowerCase();
    this.showVerdict();
  }

  get takes() {
    return this.line.takes || [];
  }

  fill() {
    const { line } = this;
    const takes = this.takes.map((take) => this.card(take, `take ${take.take} of ${line.id}`));
    const refused = (line.refused || []).map((each) => this.card(each, `attempt ${each.attempt} of ${line.id}, not used`));
    this.body.append(
      ...[
        line.changed && element("p", { class: "why" }, line.changed),
        line.why && element("p", { class: "why bad" }, line.why),
        takes.length ? element("div", { class: "takes" }, ...takes) : "",
        refused.length ? this.refusals(refused, takes.length === 0) : "",
        line.recording ? "" : this.actions(),
      ].filter(Boolean),
    );
    this.choose(this.takes.findIndex((take) => take.current));
    this.showVerdict();
  }

  card(rendering, label) {
    const sound = rendering.audio ? new Sound(rendering, label) : null;
    const take = rendering.take;
    if (take) this.sounds.push(sound);
    const place = this.sounds.length - 1;
    const card = element(
      "section",
      { class: take ? "card" : "card refused", "aria-label": label },
      element("h3", {}, take ? `Take ${take}` : `Attempt ${rendering.attempt}`, ...tags(rendering, this.takes.length > 1)),
      sound ? sound.node : element("p", { class: "gone" }, "its sound is no longer kept"),
      reasons(rendering),
      this.spoken(rendering, sound),
      differences(rendering),
      numbers(rendering),
    );
    if (take) {
      card.addEventListener("pointerdown", () => this.choose(place));
      card.addEventListener("focusin", () => this.choose(place));
    }
    return card;
  }

  // The words of a sound: marked in the text of the line if they are its words, else listed below.
  spoken(rendering, sound) {
    const words = rendering.words || [];
    if (!sound || !words.length) return "";
    const spans = this.spans(this.words, words.length) || this.spans(this.said, words.length);
    if (spans && rendering.take) {
      sound.follow(spans.map((node, place) => [node, words[place]]));
      return "";
    }
    const nodes = words.map(([text]) => element("span", {}, text));
    nodes.forEach((node, place) => node.addEventListener("click", () => player.seek(sound, words[place][1])));
    sound.follow(nodes.map((node, place) => [node, words[place]]));
    return element("p", { class: "words", dir: "auto" }, ...nodes.flatMap((node) => [node, " "]));
  }

  // The words of a paragraph as elements, if it has this many; a click plays the chosen take there.
  spans(paragraph, count) {
    if (!paragraph) return null;
    if (!paragraph.spans) {
      const parts = paragraph.textContent.split(/(\s+)/).map((part) => (part.trim() ? element("span", {}, part) : part));
      paragraph.spans = parts.filter((part) => typeof part !== "string");
      paragraph.spans.forEach((node, place) => node.addEventListener("click", () => this.seek(place)));
      paragraph.replaceChildren(...parts);
    }
    return paragraph.spans.length === count ? paragraph.spans : null;
  }

  seek(word) {
    const sound = this.sounds[this.chosen ?? 0];
    if (sound && sound.words[word]) player.seek(sound, sound.words[word][1][1]);
  }

  refusals(cards, open) {
    const title = element("summary", {}, `${counted(cards.length, "attempt")} not used`);
    return element("details", { open, class: "refusals" }, title, element("div", { class: "takes" }, ...cards));
  }

  actions() {
    const again = element("button", { type: "button", onclick: () => this.decide("retake"), "aria-pressed": "false" }, "Retake");
    const approve = element("button", { type: "button", onclick: () => this.decide("approve"), "aria-pressed": "false" }, "Approve");
    const copied = element("button", { type: "button", class: "quiet", onclick: () => copy(this.command()) }, "Copy command");
    this.buttons = { approve, retake: again };
    approve.hidden = this.takes.length === 0;
    return element("p", { class: "actions" }, approve, again, copied);
  }

  choose(place) {
    if (!this.takes[place]) return;
    this.chosen = place;
    const cards = this.body.querySelectorAll(".card:not(.refused)");
    cards.forEach((card, each) => card.classList.toggle("chosen", cards.length > 1 && each === place));
    if (this.buttons) this.buttons.approve.textContent = cards.length > 1 ? `Approve take ${this.takes[place].take}` : "Approve";
  }

  play(place = this.chosen) {
    const sound = this.sounds[place ?? 0];
    if (!sound) return announce(`${this.line.id} has no such take`);
    this.choose(place ?? 0);
    return player.toggle(sound);
  }

  decide(verdict) {
    if (this.line.recording) return announce(`${this.line.id} is a recording, which has no takes`);
    const take = this.takes[this.chosen ?? 0];
    if (verdict === "approve" && !take) return announce(`${this.line.id} has no take to approve`);
    const before = verdicts.get(this.line.id);
    const now = verdict === "approve" ? { verdict, take: take.take } : { verdict };
    if (before && before.verdict === now.verdict && before.take === now.take) verdicts.delete(this.line.id);
    else verdicts.set(this.line.id, now);
    remember();
    this.showVerdict();
    return announce(`${this.line.id}: ${said(verdicts.get(this.line.id))}`);
  }

  showVerdict() {
    const own = verdicts.get(this.line.id);
    this.verdict.textContent = own ? said(own) : "";
    this.node.dataset.verdict = own ? own.verdict : "";
    if (!this.buttons) return;
    for (const [name, button] of Object.entries(this.buttons)) {
      button.setAttribute("aria-pressed", String(Boolean(own) && own.verdict === name));
    }
  }

  command() {
    const own = verdicts.get(this.line.id) || { verdict: this.takes.length > 1 ? "approve" : "retake" };
    const take = own.take || (this.takes[this.chosen ?? 0] || {}).take;
    return commandFor(this.line.id, { ...own, take });
  }
}

const said = (verdict) =>
  !verdict ? "no verdict" : verdict.verdict === "retake" ? "to retake" : `take ${verdict.take} approved`;

const commandFor = (id, { verdict, take }) =>
  verdict === "retake" ? command("retake", data.script, id) : command("pick", data.script, id, take);

function tags(rendering, several) {
  const names = [several && rendering.current && "in the narration", rendering.approved && "approved"];
  return names.filter(Boolean).map((name) => element("span", { class: "tag good" }, name));
}

function reasons(rendering) {
  const items = (rendering.reasons || []).map((reason) => element("li", {}, reason));
  return items.length ? element("ul", { class: "reasons" }, ...items) : "";
}

function differences(rendering) {
  const items = (rendering.different || []).map(({ written, heard, start }) =>
    element(
      "li",
      {},
      element("span", { class: "unseen" }, "written: "),
      element("del", {}, written || "nothing"),
      element("span", { class: "arrow", "aria-hidden": "true" }, " → "),
      element("span", { class: "unseen" }, ", heard: "),
      element("ins", {}, heard || "nothing"),
      start === undefined ? "" : element("span", { class: "at" }, ` at ${seconds(start)}`),
    ),
  );
  return items.length ? element("ul", { class: "differences", "aria-label": "Differing words" }, ...items) : "";
}

function numbers(rendering) {
  const rows = (rendering.numbers || []).map(([name, value]) =>
    element("div", {}, element("dt", {}, name), element("dd", {}, value)),
  );
  return rows.length ? element("dl", {}, ...rows) : "";
}

function remember() {
  const own = data.lines.filter((line) => verdicts.has(line.id));
  kept.set("verdicts", own.map((line) => ({ id: line.id, of: line.of, ...verdicts.get(line.id) })));
  progress();
}

// A verdict holds for what was heard: a line that has another text or another sound has none.
function recall() {
  const known = new Map(data.lines.map((line) => [line.id, line]));
  for (const each of kept.get("verdicts") || []) {
    const line = known.get(each.id);
    if (line && line.of === each.of) {
      verdicts.set(each.id, each.take ? { verdict: each.verdict, take: each.take } : { verdict: each.verdict });
    }
  }
}

function progress() {
  const given = [...verdicts.values()];
  const retakes = given.filter((each) => each.verdict === "retake").length;
  byId("progress").textContent =
    `${given.length - retakes} approved, ${retakes} to retake, ${data.lines.length - given.length} left`;
  byId("bar").value = given.length;
  byId("save").disabled = byId("commands").disabled = given.length === 0;
  count();
}

function count() {
  for (const [name, { has }] of Object.entries(FILTERS)) {
    byId(`count-${name}`).textContent = String(data.lines.filter(has).length);
  }
}

function filters() {
  for (const [name, { name: shown, has }] of Object.entries(FILTERS)) {
    const button = element(
      "button",
      { type: "button", "aria-pressed": "false", id: `filter-${name}`, onclick: () => filter(name) },
      shown,
      " ",
      element("span", { id: `count-${name}` }),
    );
    button.hidden = OPTIONAL.has(name) && !data.lines.some(has);
    byId("filters").append(button);
  }
}

function filter(name) {
  byId(`filter-${wanted}`).setAttribute("aria-pressed", "false");
  wanted = name;
  byId(`filter-${name}`).setAttribute("aria-pressed", "true");
  narrow();
}

function narrow() {
  const text = byId("search").value.trim().toLocaleLowerCase();
  list.show(({ line, search }) => FILTERS[wanted].has(line) && search.includes(text));
  const shown = list.shown.length;
  byId("shown").textContent = `${counted(shown, "line")} shown`;
}

function decided() {
  const own = data.lines.filter((line) => verdicts.has(line.id));
  return {
    schema: "narrate.verdicts/1",
    script: data.script,
    verdicts: own.map((line) => ({ id: line.id, of: line.of, ...verdicts.get(line.id) })),
  };
}

function commands() {
  const own = data.lines.filter((line) => verdicts.has(line.id));
  return own.map((line) => commandFor(line.id, verdicts.get(line.id))).join("\n");
}

function about() {
  const lines = data.lines;
  const number = (state) => lines.filter((line) => line.state === state).length;
  const spoken = lines.map(current).filter(Boolean);
  const whole = spoken.reduce((sum, take) => sum + take.seconds, 0);
  const parts = [counted(lines.length, "line"), length(whole)];
  if (number("failed")) parts.push(`${number("failed")} failed`);
  if (number("flagged")) parts.push(`${number("flagged")} flagged`);
  if (number("missing")) parts.push(`${number("missing")} not spoken`);
  byId("about").textContent = parts.join(" · ");
  byId("title").textContent = data.title || data.script;
  document.title = `${data.title || data.script}: review`;
  byId("empty").hidden = spoken.length > 0 || number("failed") > 0;
  byId("empty-command").textContent = command("run", data.script);
}

function continueToNext() {
  const next = playOn && list.next();
  if (!next) return;
  list.go(next);
  if (next.sounds.length) next.play();
  else continueToNext();
}

recall();
filters();
const list = new Entries(data.lines.map((line, place) => new Line(line, place + 1)), () => {});
about();
byId("bar").max = data.lines.length;
progress();
filter(data.lines.some((line) => line.sample) ? "sample" : "all");

byId("search").addEventListener("input", narrow);
byId("search").addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === "Escape") list.move(0);
});
byId("save").addEventListener("click", () => save(`${data.stem}.verdicts.json`, decided()));
byId("commands").addEventListener("click", () => copy(commands()));
byId("on").addEventListener("click", () => {
  playOn = !playOn;
  byId("on").setAttribute("aria-pressed", String(playOn));
});
player.onEnd = continueToNext;

const withCurrent = (act) => () => {
  if (!list.current || list.current.node.hidden) list.move(0);
  if (list.current) act(list.current);
};
const numberKeys = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((digit) => [
  String(digit),
  withCurrent((entry) => entry.play(digit - 1)),
]);
listen({
  ...Object.fromEntries(numberKeys),
  j: () => list.move(1),
  k: () => list.move(-1),
  ArrowDown: () => list.move(1),
  ArrowUp: () => list.move(-1),
  " ": withCurrent((entry) => entry.play()),
  a: withCurrent((entry) => entry.decide("approve")),
  r: withCurrent((entry) => entry.decide("retake")),
  c: () => byId("on").click(),
  "/": () => byId("search").focus(),
  "?": () => byId("keys").showModal(),
});
