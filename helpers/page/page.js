// A demo on a page without a kernel: controls of its own, and a source that reads what stored.py has kept.

async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

// What `rolled` has done, undone: a row is told as its differences from the last one that is as long.
function plus(change, last) {
  if (typeof change === "number" && typeof last === "number") return last + change;
  if (!Array.isArray(change) || !Array.isArray(last) || change.length !== last.length) return change;
  return change.map((each, k) => plus(each, last[k]));
}

function unrolled(rows) {
  const last = {};
  return rows.map((row) => (last[row.length] = plus(row, last[row.length])));
}

// The film of a number, in one part; or why there is none
function film(columns, at) {
  const told = Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column[at]]));
  if (typeof told.steps === "string") return told.steps;
  for (const name of ["still", "since", "targets", "marks", "shots"]) told[name] = unrolled(told[name]);
  return { ...told, have: 0, all: told.shots.length };
}

class Stored {
  constructor(data, state) {
    Object.assign(this, { ...data, heard: new Set(), deal: 0, number: 0 });
    this.at = data.controls.map(([, , , start]) => start);
    this.state = { scene: "", rest: "", words: "", trouble: "", photos: data.photos, fresh: {}, printed: [], nouns: [], guesses: [0, 0], step: undefined, ...state };
    this.show();
  }

  get(name) {
    return this.state[name];
  }

  put(name, value) {
    this.state[name] = value;
    this.tell();
  }

  listen(heard) {
    this.heard.add(heard);
    return () => this.heard.delete(heard);
  }

  tell() {
    for (const heard of this.heard) heard();
  }

  // The preset whose settings are chosen, and else ""
  get preset() {
    const fits = ([, wanted]) => this.controls.every(([name], k) => !(name in wanted) || wanted[name] === this.at[k]);
    const fitting = Object.entries(this.presets).filter(fits).map(([name]) => name);
    return fitting.includes(this.wanted) ? this.wanted : fitting[0] ?? "";
  }

  show() {
    const setting = this.at.reduce((sum, at, k) => sum * this.controls[k][2].length + at, 0);
    const made = film(this.films, setting * this.deals + this.deal);
    this.state.step ??= made.shots[0][0];
    if (typeof made === "string") Object.assign(this.state, { words: made, trouble: "refused" });
    else Object.assign(this.state, { scene: JSON.stringify({ ...made, number: ++this.number }), words: "", trouble: "" });
    this.tell();
  }
}

// The controls of a demo, each with a label
function controls(box, stored) {
  const preset = html("select", {}, ...["own settings", ...Object.keys(stored.presets)].map((name, k) => html("option", { textContent: name, value: k ? name : "" })));
  const settle = [];
  const show = () => {
    stored.show();
    preset.value = stored.preset;
    for (const each of settle) each();
  };
  const labelled = (name, ...parts) => box.append(html("label", {}, html("span", { textContent: name }), ...parts));
  if (preset.length > 1) {
    labelled("preset", preset);
    preset.value = stored.preset;
    preset.addEventListener("input", () => {
      stored.wanted = preset.value;
      stored.controls.forEach(([name], k) => (stored.at[k] = stored.presets[preset.value]?.[name] ?? stored.at[k]));
      show();
    });
  }
  stored.controls.forEach(([name, kind, values], k) => {
    if (kind === "none") return;
    const made = kind === "slider" ? html("input", { type: "range", min: 0, max: values.length - 1 })
      : kind === "box" ? html("input", { type: "checkbox" })
      : html("select", {}, ...values.map((textContent, value) => html("option", { textContent, value })));
    const read = () => +(kind === "box" ? made.checked : made.value); // a box has the values False and True
    const output = html("output");
    labelled(name, made, ...(kind === "slider" ? [output] : []));
    settle.push(() => {
      if (kind === "box") made.checked = stored.at[k] === 1;
      else made.value = stored.at[k];
      output.textContent = values[stored.at[k]];
      if (kind === "slider") made.setAttribute("aria-valuetext", output.textContent);
    });
    made.addEventListener("input", () => {
      stored.at[k] = read();
      show();
    });
  });
  if (stored.deals > 1) {
    const deal = button({ textContent: "new numbers" });
    deal.addEventListener("click", () => {
      stored.deal = (stored.deal + 1) % stored.deals;
      show();
    });
    box.append(deal);
  }
  for (const each of settle) each();
}

async function enliven(demo) {
  const data = await unpacked(demo.querySelector(".stored").textContent);
  const stored = new Stored(data, { question: demo.dataset.question, asks: demo.dataset.asks });
  const box = html("div", { className: "controls" }), picture = html("div");
  demo.querySelector(".still").replaceWith(box, picture);
  controls(box, stored);
  mount(picture, stored);
}

// What is printed has its answers, for nobody can press a button on paper
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll(".ask:not([hidden]) button")) if (each.textContent === "show me" && !each.hidden) each.click();
});

const near = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    enliven(target);
  }
}, { rootMargin: "600px" });
for (const demo of document.querySelectorAll(".explorer")) near.observe(demo);
