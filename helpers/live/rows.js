// A row of number fields for each row of the value, the first at the bottom, as layers stand in a picture; a button
// that removes it, and one that puts another on top

// What is wrong with what stands in a number field; "" where nothing is, or it is half typed
export function fault(field, least, most) {
  const number = field.valueAsNumber;
  const isHalfTyped = field.value === "" && !field.validity.badInput;
  if (isHalfTyped || (Number.isInteger(number) && number >= least && number <= most)) return "";
  return `must be a whole number from ${least} to ${most}${field.value && `, not ${field.value}`}`;
}

function render({ model, el }) {
  el.classList.add("rows");
  const scroller = document.createElement("div");
  const table = document.createElement("table");
  const add = Object.assign(document.createElement("button"), { textContent: "+ add a row" });
  const words = document.createElement("p"); // why what was typed is not taken
  words.setAttribute("role", "alert");
  scroller.append(table);
  el.append(add, scroller, words);
  const columns = Object.entries(model.get("columns"));
  const value = () => model.get("value").map((row) => [...row]);

  function send(rows) {
    model.set("value", rows);
    model.save_changes();
  }

  function change(row, column, field) {
    const [name, ends] = columns[column];
    const rows = value();
    const wrong = fault(field, ...ends);
    field.setAttribute("aria-invalid", String(wrong !== ""));
    words.textContent = wrong && `${name} of row ${row + 1} ${wrong}: the picture keeps ${rows[row][column]}.`;
    if (wrong || field.value === "") return;
    rows[row][column] = field.valueAsNumber;
    send(rows);
  }

  function field(row, column) {
    const [name, [min, max]] = columns[column];
    const input = Object.assign(document.createElement("input"), { type: "number", min, max });
    input.setAttribute("aria-label", `${name} of row ${row + 1}`);
    input.addEventListener("input", () => change(row, column, input));
    input.addEventListener("focus", () => input.select()); // so that typing replaces the number
    input.addEventListener("blur", fill);
    input.addEventListener("wheel", () => input.blur()); // which is to scroll the page, not to change a layer
    return input;
  }

  function cell(kind, content) {
    const made = document.createElement(kind);
    made.append(content);
    return made;
  }

  function line(row) {
    const remove = Object.assign(document.createElement("button"), { textContent: "×", title: `remove row ${row + 1}` });
    remove.setAttribute("aria-label", remove.title);
    remove.addEventListener("click", () => {
      send(value().filter((_, other) => other !== row));
      show();
      const left = [...table.querySelectorAll("td button:enabled")].reverse();
      (left[Math.min(row, left.length - 1)] ?? add).focus();
    });
    const made = document.createElement("tr");
    made.append(cell("th", `${row + 1}`), ...columns.map((_, column) => cell("td", field(row, column))), cell("td", remove));
    return made;
  }

  // Every field shows the number in use, except the one at work while what stands in it is not taken, and told so
  function fill() {
    const rows = model.get("value");
    rows.forEach((row, i) => {
      const fields = table.rows[rows.length - i]?.querySelectorAll("input");
      if (!fields) return; // the table is being made anew
      row.forEach((number, column) => {
        const field = fields[column];
        if (field === document.activeElement && (field.value === "" || field.getAttribute("aria-invalid") === "true")) return;
        if (field.valueAsNumber !== number) field.value = number;
        field.setAttribute("aria-invalid", "false");
      });
    });
  }

  function show() {
    const count = model.get("value").length;
    if (table.rows.length !== count + 1) {
      const head = document.createElement("tr");
      head.append(cell("th", model.get("description")), ...columns.map(([name]) => cell("th", name)));
      table.replaceChildren(head, ...Array.from({ length: count }, (_, row) => line(count - 1 - row)));
      table.querySelectorAll("td button").forEach((button) => { button.disabled = count === 1; });
      add.disabled = count >= model.get("most");
      add.title = add.disabled ? `${count} rows are the most` : "";
    }
    fill();
  }

  add.addEventListener("click", () => {
    send([...value(), value().at(-1)]);
    show();
    scroller.scrollTop = 0;
  });
  model.on("change:value", () => {
    show();
    if (!table.querySelector('[aria-invalid="true"]')) words.textContent = ""; // it was about a value that has gone
  });
  show();
}

export default { render };
