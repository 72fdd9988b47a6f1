// Draws a scene as SVG, walks its steps, answers to pointer and keys, tells its sentences. Knows no layer, and not where
// its frames come from: a `source` gives them, in a notebook the kernel's model, on a page a table.

const SPEEDS = { slow: 1400, normal: 700, fast: 200 }; // milliseconds a step
const REST = 150; // milliseconds after which a hand is said to rest
const PEACE = 2000; // after which it leaves a picture in peace
const LARGEST = 99; // that can be typed into a cell
const ICONS = { back: "M3 3h2v10H3zM14 3v10L6 8z", play: "M4 2v12l10-6z", pause: "M4 2h3v12H4zM9 2h3v12H9z", forth: "M11 3h2v10h-2zM2 3v10l8-5z", stage: "M2 2h5v2H4v3H2zM9 2h5v5h-2V4H9zM2 9h2v3h3v2H2zM12 9h2v5H9v-2h3z" };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function html(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const button = (properties) => html("button", { type: "button", ...properties });

function put(made, attributes) {
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  return made;
}

// Of properties those that change, for to set one costs as much when it is the same
function change(element, properties) {
  for (const name in properties) if (element[name] !== properties[name]) element[name] = properties[name];
}

function svg(name, attributes = {}) {
  return put(document.createElementNS("http://www.w3.org/2000/svg", name), attributes);
}

function label(button, icon, title) {
  const drawn = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
  drawn.append(svg("path", { d: ICONS[icon], fill: "currentColor" }));
  button.replaceChildren(drawn);
  return Object.assign(button, { title, ariaLabel: title });
}

const corners = ([x, y, right, bottom]) => ({ x, y, width: right - x, height: bottom - y });

// Names of cells in one sentence: output[0, 1], [0, 2], or how many where that are many
function listed(names) {
  if (!names.length) return "nothing";
  const noun = names[0].split("[")[0];
  const cells = names.map((name, k) => (k && name.startsWith(`${noun}[`) ? name.slice(noun.length) : name));
  return names.length > 12 ? `${names.length} cells, from ${names[0]} to ${cells.at(-1)}` : cells.join(", ");
}

// Of each kind of mark: the element of a style, and what else a mark puts on a copy of it, which is twice as fast as
// an element with everything. Lengths are tenths of a pixel.
const MARKS = {
  fill: [([colour]) => svg("rect", { fill: colour }), (made, at) => put(made, corners(at))],
  area: [([colour]) => svg("polygon", { fill: colour }), (made, at) => put(made, { points: at })],
  line: [([colour, width]) => svg("polyline", { fill: "none", stroke: colour, "stroke-width": 10 * width }), (made, at) => put(made, { points: at })],
  ring: [([colour, width]) => svg("polygon", { fill: "none", stroke: colour, "stroke-width": 10 * width }), (made, at) => put(made, { points: at })],
  bent: [([colour, width]) => svg("path", { fill: "none", stroke: colour, "stroke-width": 10 * width }), (made, [x, y, right, bottom]) =>
    put(made, { d: `M${x} ${y}C${(x + right) / 2} ${y} ${(x + right) / 2} ${bottom} ${right} ${bottom}` })],
  text: [([colour, size, align]) => svg("text", { "font-size": 10 * size, fill: colour, dy: 3.65 * size, "text-anchor": ["start", "middle", "end"][2 * align] }),
    (made, [string, x, y]) => {
      put(made, { x, y });
      made.textContent = string;
    }],
  photo: [() => svg("image", { preserveAspectRatio: "none" }), (made, [name, ...at], photos) => put(made, { ...corners(at), href: photos[name] })],
};

// Let a group have these children in this order, and move as few as possible: a browser lays out numbers slowly.
function settle(group, wanted) {
  let next = group.firstChild;
  for (const child of wanted) {
    if (child !== next && next && !wanted.has(next)) next.replaceWith(child);
    else if (child !== next) group.insertBefore(child, next);
    next = child.nextSibling;
  }
  while (group.lastChild && !wanted.has(group.lastChild)) group.lastChild.remove();
}

// A picture as it has arrived so far, and the SVG that shows a frame of it. A mark gets its element when it is first
// shown; one that the picture `before` had too keeps it.
class Drawing {
  constructor(scene, photos, before) {
    Object.assign(this, { ...scene, photos, styles: [], marks: [], sentences: [], frames: new Map(), elements: new Map(), have: 0 });
    this.root = before?.root ?? svg("g");
    this.light = before?.light ?? svg("g");
    this.levels = before?.levels ?? new Map();
    this.old = before?.known ?? new Map();
    this.known = new Map();
    this.since = new Map(scene.since);
    this.add(scene);
  }

  add(part) {
    this.styles.push(...part.styles.map(([kind, level, ...how]) => [`${kind} ${level} ${how}`, MARKS[kind][0](how), MARKS[kind][1], level]));
    this.marks.push(...part.marks);
    this.sentences.push(...part.sentences);
    if (part.late) this.still = this.still.map((mark) => mark || part.late.shift());
    for (const [frame, marks, told, groups] of part.shots) this.frames.set(frame, { marks, told, groups });
    this.have += part.shots.length;
    this.leading = null;
  }

  // [level, element] of a mark
  element(mark) {
    const [number, ...rest] = mark;
    const [style, model, place, level] = this.styles[number];
    if (!this.elements.has(mark)) {
      const key = `${style} ${rest}`;
      const made = this.old.get(key) ?? model.cloneNode();
      if (!this.old.delete(key)) place(made, rest, this.photos);
      this.known.set(key, made);
      this.elements.set(mark, made);
    }
    return [level, this.elements.get(mark)];
  }

  level(number) {
    if (!this.levels.has(number)) {
      const above = [...this.levels.keys()].filter((other) => other > number).sort((a, b) => a - b)[0];
      this.levels.set(number, svg("g"));
      this.root.insertBefore(this.levels.get(number), this.levels.get(above) ?? null);
    }
    return this.levels.get(number);
  }

  // isBare: without what only this frame shows
  show(frame, isBare) {
    const stands = this.still.filter((mark, each) => mark && (this.since.get(each) ?? 0) <= frame);
    const wanted = new Map([...this.levels.keys()].map((number) => [number, new Set()]));
    for (const mark of [...stands, ...(isBare ? [] : this.frames.get(frame).marks.map((each) => this.marks[each]))]) {
      const [number, made] = this.element(mark);
      if (!wanted.has(number)) wanted.set(number, new Set());
      wanted.get(number).add(made);
    }
    for (const [number, children] of wanted) settle(this.level(number), children);
  }

  // What can be pointed at at a place: the topmost.
  at(x, y) {
    return this.targets.findLastIndex(([, left, top, right, bottom]) => x >= left && x < right && y >= top && y < bottom);
  }

  kind(target) {
    return this.targets[target][0].split("[")[0];
  }

  leads(target) {
    return this.targets[target][5];
  }

  // For each target those that read it, as far as the walk has arrived: of each of its groups what leads to that step.
  readers(target) {
    if (!this.leading) {
      const goals = new Map(this.targets.map((_, each) => [this.leads(each), each]));
      this.leading = this.targets.map(() => new Set());
      for (const step of [...this.frames.keys()].filter((frame) => frame < this.steps).sort((a, b) => a - b)) {
        for (const group of this.frames.get(step).groups) {
          const goal = group.findLast((each) => this.leads(each) === step) ?? goals.get(step);
          if (goal !== undefined) for (const each of group) if (each !== goal) this.leading[each].add(goal);
        }
      }
    }
    return [...this.leading[target]];
  }
}

export function mount(el, source) {
  const canvas = svg("svg", { role: "img" });
  const sheet = html("div", { className: "sheet", tabIndex: 0 }, canvas);
  const touch = html("div", { className: "touch" });
  const words = html("div", { className: "words" });
  const printed = html("div", { className: "printed" });
  const told = html("div", { className: "told" });
  const [back, play, forth, stage] = [["back", "previous step"], ["play", "play"], ["forth", "next step"], ["stage", "fill the screen"]]
    .map(([icon, title]) => label(button(), icon, title));
  const speed = html("select", { ariaLabel: "speed" }, ...Object.keys(SPEEDS).map((name) => html("option", { textContent: name, selected: name === "normal" })));
  const slider = html("input", { type: "range", min: 0, ariaLabel: "step" });
  const count = html("span", { className: "count" });
  const walk = html("span", { className: "walk" }, back, play, forth, slider, count, speed);
  el.classList.add("picture");
  told.setAttribute("role", "status"); // one lasting region that is told when the hand rests
  sheet.setAttribute("role", "application");
  const question = html("div", { className: "question", textContent: source.get("question") });
  const asks = button({ textContent: "ask me", className: "asks" });
  const asked = html("label"), guess = html("input", { type: "text", size: 6 }), choices = html("span", { className: "choices" }), result = html("span"), score = html("span", { className: "score" });
  const [commit, reveals, next] = ["guess", "show me", "next question"].map((textContent) => button({ textContent }));
  const form = html("div", { className: "ask" }, asked, choices, commit, reveals, result, next);
  el.append(html("div", { className: "bar" }, walk, html("span", { className: "asking" }, score, asks), stage), question, sheet, html("div", { className: "line" }, form, touch), words, printed, told);

  const save = (name, value) => JSON.stringify(source.get(name)) === JSON.stringify(value) || source.put(name, value);
  let drawing, seen = {}, wanted = 0, kept = null, pointed = null, timer = null, requested = "", walks = false, moved = false, resting, shownRows = [], news = "", peace, heard = "", fact = null, isOpen = false, turn = 0, asking = 0, entering = null;
  const known = new Set(); // questions of this picture

  // Where the walk stands: where it is wanted, in a walk that may just now be shorter
  const step = () => Math.min(wanted, drawing.steps - 1);
  // Where a thing is, by name, so that it is kept from one setting to the next
  const number = (thing) => (thing?.name === undefined ? -1 : drawing.targets.findIndex(([name]) => name === thing.name));

  const leadsTo = (thing) => (number(thing) < 0 ? -1 : drawing.leads(number(thing)));

  function read() {
    const now = Object.fromEntries(["scene", "rest", "trouble", "words", "asks"].map((name) => [name, source.get(name)]));
    if (now.scene !== seen.scene) begin(JSON.parse(now.scene));
    if (now.rest && now.rest !== seen.rest) follow(JSON.parse(now.rest));
    const [before, isNew] = [seen.asks, now.scene !== seen.scene];
    seen = now;
    if (isNew || (now.asks === "on" && before !== "on")) ask(now.asks === "on" || (now.asks === "once" && drawing.number === 1));
    else if (now.asks === "off" && before !== "off" && (isOpen || before === "on")) ask(false);
    el.dataset.trouble = now.trouble;
    // For whoever waits outside
    el.dataset.whole = drawing.have === drawing.all;
    if (now.trouble && timer) rest();
    for (const control of [back, play, forth, slider]) control.disabled = !!now.trouble;
    const pieces = source.get("printed") ?? [];
    if (pieces !== heard) printed.replaceChildren(...(heard = pieces).map(([kind, what]) => (kind === "text" ? html("pre", { textContent: what }) : html("img", { src: what, alt: "what the cell draws" }))));
    renew();
  }

  function begin(scene) {
    if (drawing === undefined) wanted = source.get("step");
    drawing = new Drawing(scene, { ...source.get("photos"), ...source.get("fresh") }, drawing);
    if (!drawing.root.parentNode) canvas.append(drawing.root, drawing.light);
    canvas.setAttribute("viewBox", `0 0 ${scene.size.join(" ")}`);
    pointed = entering = null;
    known.clear();
    if (kept && number(kept) < 0) kept = null;
    slider.max = scene.steps - 1;
    walks ||= scene.steps > 1;
    walk.style.display = walks ? "" : "none";
  }

  function follow(part) {
    if (part.number !== drawing.number || part.have !== drawing.have) return;
    Object.assign(drawing.photos, source.get("fresh"));
    drawing.add(part);
  }

  function renew() {
    show();
    soon();
  }

  // Once the hand rests: ask for the rest of the walk, remember where it stands, tell what there is.
  function soon() {
    clearTimeout(resting);
    clearTimeout(peace);
    resting = setTimeout(() => {
      const want = `${drawing.number} ${drawing.have}`;
      if (drawing.have < drawing.all && want !== requested) save("want", (requested = want));
      if (moved) save("step", wanted); // and not a view that only looks on
      moved = false;
      if (!timer) announce();
      peace = setTimeout(() => !timer && !seen.trouble && save("rests", `${drawing.number} ${step()}`), PEACE);
    }, REST);
  }

  function announce() {
    const text = [...(form.hidden ? [] : isOpen || entering ? [asked, result] : [result]), ...words.children, ...(kept || pointed || news ? [touch] : [])].map((row) => row.textContent).join(" ");
    if (told.textContent !== text) told.textContent = text;
  }

  // The frame to show: of what is pointed at, or kept, or the step.
  function frame() {
    if (isOpen) return asking;
    for (const thing of [pointed, kept]) {
      if (drawing.frames.has(thing?.frame)) return thing.frame; // of a term in an aside
      if (drawing.frames.has(leadsTo(thing))) return leadsTo(thing);
    }
    const arrived = [...drawing.frames.keys()].filter((each) => each < drawing.steps);
    return arrived.reduce((best, each) => (Math.abs(each - step()) < Math.abs(best - step()) ? each : best));
  }

  function show() {
    const now = frame();
    drawing.show(now, isOpen && fact[2].some((box) => !box.length));
    sheet.classList.toggle("over", pointed?.name !== undefined);
    const lit = light(now);
    const rows = seen.trouble ? [["", seen.words]] : isOpen ? [] : drawing.frames.get(now).told.map((each) => drawing.sentences[each]);
    if (rows.some((row, k) => row !== shownRows[k]) || rows.length !== shownRows.length) words.replaceChildren(...(shownRows = rows).map(sentence));
    for (const each of words.querySelectorAll(".term")) each.classList.toggle("lit", +each.dataset.group === lit.group);
    const [right, made] = source.get("guesses");
    if (entering?.name !== kept?.name) entering = null;
    const isAnswered = Boolean(fact) && !isOpen && now === asking && !lit.words && !news;
    const isWalk = drawing.steps > 1 && !isOpen;
    const at = now < drawing.steps ? now : step();
    change(walk.style, { visibility: isWalk ? "" : "hidden" });
    change(score, { textContent: made ? `${right} of ${made} right` : "" });
    change(asks, { ariaPressed: String(seen.asks === "on"), hidden: !facts(now).length });
    for (const each of [guess, commit]) change(each, { hidden: isOpen ? Boolean(fact[3]) : !entering });
    change(commit, { textContent: entering ? "set" : "guess" });
    change(reveals, { hidden: !isOpen });
    change(choices, { hidden: !isOpen || !fact[3] });
    change(next, { hidden: !isAnswered || !open(now + 1).length });
    change(form, { hidden: Boolean(seen.trouble) || !(isOpen || entering || isAnswered) });
    change(touch, {
      hidden: !form.hidden,
      className: news || lit.words ? "touch lit" : "touch",
      textContent: news || [lit.words, types(kept) && !seen.trouble && `${hasKeys() ? "type a number" : "tap again"} to change it`].filter(Boolean).join("; ") || (seen.trouble || isOpen ? "" : hint()),
    });
    change(canvas, { ariaLabel: isWalk ? `picture of ${drawing.steps} steps` : "picture" });
    change(sheet, { ariaLabel: `${canvas.ariaLabel} that answers to keys` });
    change(slider, { value: String(at), ariaValueText: `step ${at + 1} of ${drawing.steps}` });
    change(count, { textContent: `${at + 1} of ${drawing.steps}` });
  }

  // A finger is taken to have no keyboard
  const hasKeys = () => !matchMedia("(pointer: coarse)").matches;

  // What this picture answers to
  function hint() {
    const kinds = new Set(drawing.targets.map((_, each) => drawing.kind(each))).size;
    const hints = hasKeys()
      ? [kinds && "Point at it, or click to keep what you see. Esc lets go.", nouns().length && "Keep a number and type to change it.", drawing.steps > 1 && "Arrow keys walk.",
        kinds > 1 && "t goes to another part.", "f fills the screen."]
      : [kinds && "Tap it to keep what you see.", nouns().length && "Tap a number twice to change it."];
    return hints.filter(Boolean).join(" ");
  }

  // Frame what belongs together with what is pointed at or kept, and say it.
  function light(now) {
    if (isOpen) return cover();
    const thing = pointed ?? kept;
    const groups = drawing.frames.get(now).groups;
    const target = number(thing);
    const group = thing?.group ?? groups.findIndex((each) => each.includes(target));
    const partners = groups[group] ?? [];
    const verb = target < 0 ? undefined : drawing.verbs[drawing.kind(target)];
    const readers = verb === undefined ? [] : drawing.readers(target);
    const leads = target >= 0 && drawing.leads(target) >= 0;
    const lit = leads ? readers : [...new Set([...partners, ...readers, ...(target < 0 ? [] : [target])])];
    drawing.light.replaceChildren(...lit.map((each) => svg("rect", { ...corners(drawing.targets[each].slice(1)), class: each === target ? "this" : "lit" })));
    const name = (each) => drawing.targets[each][0];
    const said = [];
    if (verb !== undefined) said.push(`${name(target)} ${verb} ${listed(readers.map(name))}`);
    const isTerm = drawing.frames.get(now).told.some((each) => drawing.sentences[each].some((part) => part[1] === group));
    if (!leads && partners.length) said.push(`${isTerm ? `term ${group + 1}: ` : ""}${partners.map(name).join(" with ")}`);
    return { group: leads ? -1 : group, words: said.join("; ") };
  }

  // Asking: what answers is covered until there is a guess, or left out, for which an empty box stands. What covers most
  // is asked first, and nothing twice.

  const facts = (frame) => (drawing.frames.get(frame)?.told ?? []).flatMap((each) => drawing.sentences[each].filter((part) => part.map && part[2]));
  const open = (frame) => facts(frame).filter((each) => !known.has(each[1]));

  function ask(isWanted) {
    const size = ([, , [box]]) => (box?.length ? (box[2] - box[0]) * (box[3] - box[1]) : 0);
    isOpen = false;
    const some = open((asking = frame())).sort((one, other) => size(other) - size(one));
    fact = (isWanted && some[turn++ % some.length]) || null;
    isOpen = fact !== null;
    if (!isOpen) return;
    if (timer) rest();
    kept = pointed = null;
    guess.value = result.textContent = "";
    asked.replaceChildren(`${fact[1]} `, guess);
    choices.replaceChildren(...(fact[3] ?? []).map((textContent) => button({ textContent, onclick: () => answer(textContent) })));
  }

  // Say what is wrong with what was typed
  function object(why) {
    result.textContent = why;
    soon();
  }

  const valueOf = (text) => parseFloat(text.replace(/,(?=\d{3})/g, "").replace(",", ".").replace("−", "-").replace(/^[^\d.-]+/, ""));

  function answer(said) {
    const isRight = fact[3] ? said === fact[0] : valueOf(said) === valueOf(fact[0]);
    const [right, made] = source.get("guesses");
    if (said && !fact[3] && isNaN(valueOf(said))) return object("Type a number.");
    isOpen = false;
    for (const each of facts(asking)) known.add(each[1]);
    if (said) save("guesses", [right + isRight, made + 1]);
    if (seen.asks === "once") save("asks", "off");
    result.textContent = !said ? `It is ${fact[0]}.` : isRight ? `✓ ${fact[3] ? "Right:" : "Yes,"} ${fact[0]}.` : `You said ${said}, it is ${fact[0]}.`;
    renew();
    sheet.focus({ preventScroll: true });
  }

  // Where the frame is left bare, only what it is about is framed
  function cover() {
    const about = drawing.targets.filter(([, , , , , leads]) => leads === asking).slice(0, 1);
    drawing.light.replaceChildren(...fact[2].flatMap((box) => {
      if (!box.length) return about.map((target) => svg("rect", { ...corners(target.slice(1)), class: "this" }));
      const mark = svg("text", { class: "mark", x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2, "font-size": Math.min(400, 0.6 * (box[3] - box[1])) });
      mark.textContent = "?";
      return [svg("rect", { ...corners(box), class: "cover" }), mark];
    }));
    return { group: -1, words: "" };
  }

  // Typing a number into a cell that shows one of the reader's own

  const nouns = () => source.get("nouns") ?? [];
  const types = (thing) => nouns().some((noun) => thing?.name?.startsWith(`${noun}[`));

  function type(start) {
    [entering, fact, guess.value, result.textContent] = [{ name: kept.name, step: frame() }, null, start, ""];
    asked.replaceChildren(`${entering.name} = `, guess);
    renew();
    guess.focus();
  }

  function enter() {
    const text = guess.value.trim().replace("−", "-").replace(",", ".");
    const value = /^[-+]?(\d+\.?\d*|\.\d+)$/.test(text) ? +text : NaN;
    if (!(Math.abs(value) <= LARGEST)) return object(`Type a number from −${LARGEST} to ${LARGEST}.`);
    save("entry", [entering.name, entering.step, value, Date.now()]);
    entering = null;
    renew();
    sheet.focus({ preventScroll: true });
  }

  // A sentence: its name in bold, a call to copy as code, its terms as things to point at
  function sentence([name, ...parts]) {
    const row = html("div", { className: name ? "named" : "" });
    if (name) row.append(html("b", {}, `${name} `));
    const text = html(name === "torch" ? "code" : "span");
    for (const part of parts) {
      if (typeof part === "string") text.append(part);
      else if (!part[2]) text.append(term(...part));
      else text.append(part === fact ? html("mark", {}, part[0]) : part[0]);
    }
    row.append(text);
    return row;
  }

  function term(text, number) {
    const made = html("span", { className: "term" }, text);
    made.dataset.group = number;
    return made;
  }

  // Walking

  function go(to) {
    kept = pointed = null;
    moved = true;
    wanted = Math.min(Math.max(to, 0), drawing.steps - 1);
    renew();
  }

  function rest() {
    clearInterval(timer);
    timer = null;
    label(play, "play", "play");
    soon();
  }

  function walkOn() {
    clearInterval(timer);
    timer = setInterval(() => {
      if (step() + 1 >= drawing.steps) rest();
      else if (drawing.frames.has(step() + 1)) go(step() + 1);
    }, SPEEDS[speed.value]);
  }

  function toggle() {
    if (timer) return rest();
    if (seen.trouble || drawing.steps < 2) return;
    label(play, "pause", "pause");
    if (step() + 1 >= drawing.steps) go(0);
    walkOn();
  }

  // Pointing

  function under(event) {
    const over = event.target.closest?.(".term");
    if (over && words.contains(over)) return { group: +over.dataset.group, frame: frame() };
    if (!canvas.contains(event.target)) return null;
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(canvas.getScreenCTM().inverse());
    const target = drawing.at(x, y);
    return target < 0 ? null : { name: drawing.targets[target][0] };
  }

  const same = (one, other) => one?.name === other?.name && one?.group === other?.group;

  function point(event) {
    if (seen.trouble || isOpen) return;
    const thing = under(event);
    if (same(thing, pointed)) return;
    pointed = thing;
    renew();
  }

  function leave() {
    if (!pointed) return;
    pointed = null;
    renew();
  }

  function keep(thing) {
    if (timer) rest();
    pointed = null;
    const leads = leadsTo(thing);
    const isStep = leads >= 0 && leads < drawing.steps;
    if (isStep) [wanted, moved] = [leads, true];
    kept = isStep && !drawing.verbs[drawing.kind(number(thing))] ? null : thing;
    renew();
  }

  // The nearest target of a kind in a direction from another
  function neighbour(from, [right, down], kind) {
    const middle = (target) => [1, 2].map((k) => (drawing.targets[target][k] + drawing.targets[target][k + 2]) / 2);
    const [x, y] = middle(from);
    let best = -1, least = Infinity;
    drawing.targets.forEach((_, other) => {
      if (drawing.kind(other) !== kind || other === from) return;
      const [dx, dy] = [middle(other)[0] - x, middle(other)[1] - y];
      const [ahead, aside] = [dx * right + dy * down, Math.abs(dx * down) + Math.abs(dy * right)];
      if (ahead > 1 && aside < ahead && ahead + 3 * aside < least) [best, least] = [other, ahead + 3 * aside];
    });
    return best;
  }

  // The target that leads to the step, and where the keys are
  const own = () => drawing.targets.findIndex((_, each) => drawing.leads(each) === step());
  const here = () => (number(kept) >= 0 ? number(kept) : own());

  function arrow(direction) {
    const from = here();
    const to = from < 0 ? -1 : neighbour(from, direction, drawing.kind(from));
    if (to >= 0) keep({ name: drawing.targets[to][0] });
    else if (!kept && direction[0]) go(step() + direction[0]);
  }

  function otherPart() {
    const from = here(), partners = drawing.frames.get(frame()).groups.flat();
    partners.sort((one, other) => (drawing.leads(one) >= 0) - (drawing.leads(other) >= 0)); // those that lead away come last
    const near = [...(own() < 0 ? [] : [own()]), ...(partners.length ? partners : drawing.targets.keys())];
    const kinds = [...new Set(near.map((each) => drawing.kind(each)))];
    const next = kinds[(kinds.indexOf(from < 0 ? "" : drawing.kind(from)) + 1) % kinds.length];
    if (next !== undefined) keep({ name: drawing.targets[near.find((each) => drawing.kind(each) === next)][0] });
  }

  const KEYS = {
    " ": toggle, f: fill, t: otherPart, Home: () => go(0), End: () => go(drawing.steps - 1), PageUp: () => go(step() - 1), PageDown: () => go(step() + 1),
    Escape: () => { kept = pointed = null; renew(); },
    ...Object.fromEntries(Object.entries(ARROWS).map(([key, direction]) => [key, () => arrow(direction)])),
  };

  function press(event) {
    const isTyped = /^[-−+.,\d]$|^Enter$/.test(event.key) && types(kept) && !seen.trouble;
    if (event.altKey || event.ctrlKey || event.metaKey || !(isTyped || Object.hasOwn(KEYS, event.key))) return;
    event.preventDefault();
    event.stopPropagation();
    if (isTyped) return type(event.key.replace("Enter", ""));
    if ((seen.trouble || isOpen) && event.key !== "f" && event.key !== "Escape") return;
    if (timer && event.key !== " ") rest();
    KEYS[event.key]();
  }

  // The demo alone on the screen

  const demo = () => el.closest(".explorer") ?? el;

  function fill() {
    const whole = demo();
    if (!whole.classList.toggle("stage")) return document.fullscreenElement && document.exitFullscreen();
    whole.requestFullscreen?.().catch(() => {}); // where the screen is not to be had, the window is filled
  }

  // What else is to be said, such as what is wrong with the kernel
  function tell(what) {
    if (what === news) return;
    news = what;
    renew();
  }

  const gone = new AbortController(), { signal } = gone;
  // Before whoever else hears the key, and wherever it is pressed
  document.addEventListener("keydown", ({ key }) => key === "Escape" && demo().classList.contains("stage") && fill(), { signal, capture: true });
  document.addEventListener("fullscreenchange", () => demo().matches(":fullscreen") || demo().classList.remove("stage"), { signal });
  sheet.addEventListener("keydown", press);
  for (const part of [sheet, words]) {
    part.addEventListener("pointermove", point);
    part.addEventListener("pointerleave", leave);
    part.addEventListener("click", (event) => {
      if (seen.trouble || isOpen || !under(event)) return;
      if (same(under(event), kept) && types(kept)) return type("");
      keep(under(event));
      sheet.focus({ preventScroll: true }); // so that keys go on from there
    });
  }
  for (const [button, by] of [[back, -1], [forth, 1]]) button.addEventListener("click", () => { if (timer) rest(); go(step() + by); });
  play.addEventListener("click", toggle);
  stage.addEventListener("click", fill);
  asks.addEventListener("click", () => save("asks", seen.asks === "on" ? "off" : "on"));
  const guessed = () => guess.value.trim() && (entering ? enter() : answer(guess.value.trim()));
  commit.addEventListener("click", guessed);
  guess.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") guessed();
    if (key !== "Escape") return;
    if (entering) sheet.focus({ preventScroll: true });
    entering = null;
    KEYS.Escape();
  });
  reveals.addEventListener("click", () => answer(""));
  next.addEventListener("click", () => { go(step() + 1); ask(true); renew(); guess.focus(); });
  speed.addEventListener("change", () => timer && walkOn());
  slider.addEventListener("input", () => { if (timer) rest(); go(+slider.value); });
  const deaf = source.listen(read);
  read();
  return { tell, leave() {
    deaf();
    clearInterval(timer);
    clearTimeout(resting);
    clearTimeout(peace);
    gone.abort();
  } };
}
