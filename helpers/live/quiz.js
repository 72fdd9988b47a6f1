// Makes the questions in the output above commit: the first answer to each is the one that counts. Needs no kernel.

function html(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// The questions nearest above in the same cell
function questions(el) {
  for (let box = el; box; box = box.parentElement) {
    const list = box.previousElementSibling?.querySelector("ol.quiz");
    if (list) return list;
  }
}

// All numbers in a text: 12,832 is one, 16 × 56 × 56 are three
function numbers(text) {
  const plain = text.replace(/(\d),(?=\d{3}(?!\d))/g, "$1").replaceAll("−", "-");
  return (plain.match(/-?\d+(\.\d+)?|-?\.\d+/g) ?? []).map(Number);
}

function near(said, right, within) {
  return said.length === right.length && said.every((number, k) => Math.abs(number - right[k]) <= within);
}

function ask(item, answered) {
  const doors = [...item.querySelectorAll("details")];
  let done = false;
  const commit = (isRight) => {
    if (done) return;
    done = true;
    answered(isRight);
  };
  if (doors.length > 1) for (const door of doors) choice(door, () => !done, commit);
  else typed(doors[0], +(item.dataset.within ?? 0), commit);
}

function choice(door, isFirst, commit) {
  door.querySelector("summary").addEventListener("click", () => {
    if (isFirst()) door.querySelector("summary").append(html("i", {}, " (your answer)"));
    commit(door.querySelector("b").textContent === "Yes");
  });
}

function typed(door, within, commit) {
  const field = html("input", { type: "text", size: 12, ariaLabel: "your answer" });
  const [send, skip] = ["commit", "no idea"].map((textContent) => html("button", { type: "button", textContent }));
  const verdict = html("b");
  const row = html("div", { className: "answer" }, field, send, skip, verdict);
  const open = (said) => {
    const right = numbers(door.querySelector("b").textContent);
    const isRight = [said, said.replaceAll(",", ".")].some((each) => near(numbers(each), right, within));
    field.disabled = send.hidden = skip.hidden = true;
    verdict.textContent = isRight ? "✓ Yes." : said ? "Not this." : "No idea: read on.";
    door.hidden = false;
    door.open = true;
    door.querySelector("summary").focus();
    commit(isRight);
  };
  door.hidden = true;
  door.before(row);
  send.addEventListener("click", () => {
    if (numbers(field.value).length) open(field.value);
    else verdict.textContent = "Type a number.";
  });
  skip.addEventListener("click", () => open(""));
  field.addEventListener("keydown", (event) => event.key === "Enter" && send.click());
}

function begin(el, list) {
  const items = [...list.children], wrong = [];
  // No key pressed here is one for the notebook
  list.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"));
  let made = 0;
  items.forEach((item, k) => ask(item, (isRight) => {
    made += 1;
    if (!isRight) wrong.push(k);
    const sections = wrong.sort((a, b) => a - b).map((each) => items[each].dataset.read ?? `the reason at ${each + 1}`);
    const again = wrong.length ? ` Read again: ${[...new Set(sections)].join("; ")}.` : "";
    el.textContent = `${made - wrong.length} of ${made} right.${made === items.length ? again : ""}`;
  }));
}

function render({ el }) {
  el.classList.add("quizzed");
  el.setAttribute("role", "status");
  const placed = new ResizeObserver(() => {
    const list = el.isConnected && questions(el);
    if (!list) return;
    placed.disconnect();
    begin(el, list);
  });
  el.textContent = "Your first answer to each question counts.";
  placed.observe(el);
  return () => placed.disconnect();
}

export default { render };
