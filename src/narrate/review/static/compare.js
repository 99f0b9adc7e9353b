// The blind page: pairs of sounds whose sides are not named; the sealed key goes into the results.

const votes = new Map();
const CHOICES = { first: "The first is better", same: "No difference", second: "The second is better" };
const SOUNDS = ["first", "second"];

class Pair {
  constructor(pair, number) {
    this.pair = pair;
    this.last = 0;
    this.heading = `pair-${number}`;
    const title = element("h2", { id: this.heading }, `Pair ${number}`);
    this.body = element("div", { class: "body" });
    const text = element("p", { class: "text", dir: "auto" }, pair.text);
    this.node = element("article", { tabindex: "-1", "aria-labelledby": this.heading }, element("header", {}, title), text, this.body);
    this.show();
  }

  fill() {
    this.sounds = this.pair.sounds.map((sound, place) => new Sound(sound, `the ${SOUNDS[place]} sound`));
    const cards = this.sounds.map((sound, place) => this.card(sound, place));
    const choices = Object.entries(CHOICES).map(([value, name]) => this.choice(value, name));
    const question = element("legend", {}, "Which one would you rather hear?");
    this.body.append(
      element("div", { class: "takes" }, ...cards),
      element("fieldset", {}, question, element("div", { class: "choices" }, ...choices)),
    );
    this.show();
  }

  card(sound, place) {
    const title = element("h3", {}, place ? "Second" : "First");
    const scale = data.rated ? this.scale(place) : "";
    return element("section", { class: "card", "aria-label": place ? "Second" : "First" }, title, sound.node, scale);
  }

  choice(value, name) {
    const input = element("input", { type: "radio", name: this.heading, value, onchange: () => this.vote({ better: value }) });
    return element("label", {}, input, name);
  }

  // How much a sound is like the recording that was cloned, from 1 to 10.
  scale(place) {
    const values = ["", ...Array.from({ length: 10 }, (_, value) => value + 1)];
    const options = values.map((value) => element("option", { value: String(value) }, value === "" ? "–" : String(value)));
    const select = element("select", { onchange: (event) => this.rate(place, Number(event.target.value)) }, ...options);
    this.scales = { ...this.scales, [place]: select };
    return element("label", { class: "scale" }, "Like the recording, of 10", select);
  }

  get own() {
    return votes.get(this.pair.id) || {};
  }

  vote(change) {
    votes.set(this.pair.id, { ...this.own, ...change });
    remember();
    this.show();
  }

  rate(place, value) {
    const like = [...(this.own.like || [0, 0])];
    like[place] = value;
    this.vote({ like });
  }

  say(better) {
    this.vote({ better });
    announce(CHOICES[better]);
  }

  show() {
    this.node.dataset.verdict = this.own.better ? "approve" : "";
    for (const input of this.body.querySelectorAll("input")) input.checked = input.value === this.own.better;
    for (const [place, select] of Object.entries(this.scales || {})) {
      select.value = String((this.own.like || [])[place] || "");
    }
  }

  play(place = this.last) {
    this.last = place;
    return player.toggle(this.sounds[place]);
  }
}

function remember() {
  kept.set("votes", { of: data.key, votes: [...votes].map(([id, vote]) => ({ id, ...vote })) });
  progress();
}

// Votes hold for this draw only: a page that was made again has another order.
function recall() {
  const last = kept.get("votes");
  if (!last || last.of !== data.key) return;
  for (const { id, ...vote } of last.votes) votes.set(id, vote);
}

function progress() {
  const given = [...votes.values()].filter((vote) => vote.better).length;
  byId("progress").textContent = `${given} of ${counted(data.pairs.length, "pair")} heard`;
  byId("bar").value = given;
  byId("save").disabled = given === 0;
}

function results() {
  const given = data.pairs.filter((pair) => votes.has(pair.id));
  return {
    schema: "narrate.votes/1",
    script: data.script,
    key: data.key,
    votes: given.map((pair) => ({ id: pair.id, ...votes.get(pair.id) })),
  };
}

function references() {
  const nodes = data.references.map((sound) => new Sound(sound, `the recording of ${sound.name}`).node);
  byId("references").hidden = nodes.length === 0;
  byId("references").append(
    ...nodes.map((node, place) => element("div", { class: "card" }, element("h3", {}, `Recording: ${data.references[place].name}`), node)),
  );
}

recall();
const list = new Entries(data.pairs.map((pair, place) => new Pair(pair, place + 1)), () => {});
byId("title").textContent = data.title || data.script;
byId("about").textContent = `Blind comparison of ${counted(data.pairs.length, "pair")}`;
document.title = `${data.title || data.script}: compare`;
byId("none").hidden = data.pairs.length > 0;
byId("bar").max = Math.max(data.pairs.length, 1);
references();
progress();
byId("save").addEventListener("click", () => save(`${data.stem}.votes.json`, results()));

const withCurrent = (act) => () => {
  if (!list.current) list.move(0);
  if (list.current) act(list.current);
};
listen({
  j: () => list.move(1),
  k: () => list.move(-1),
  ArrowDown: () => list.move(1),
  ArrowUp: () => list.move(-1),
  1: withCurrent((entry) => entry.play(0)),
  2: withCurrent((entry) => entry.play(1)),
  " ": withCurrent((entry) => entry.play()),
  f: withCurrent((entry) => entry.say("first")),
  s: withCurrent((entry) => entry.say("second")),
  n: withCurrent((entry) => entry.say("same")),
  "?": () => byId("keys").showModal(),
});
