// A row of number fields for each row of the value, a button that removes it, and one that adds another
function render({ model, el }) {
  el.classList.add("rows");
  const scroller = document.createElement("div");
  const table = document.createElement("table");
  const add = Object.assign(document.createElement("button"), { textContent: "+ add a row" });
  scroller.append(table);
  el.append(scroller, add);
  const columns = Object.entries(model.get("columns"));
  const value = () => model.get("value").map((row) => [...row]);

  function send(rows) {
    model.set("value", rows);
    model.save_changes();
  }

  function change(row, column, field) {
    const number = field.valueAsNumber;
    if (!Number.isInteger(number)) return; // half typed
    const rows = value();
    rows[row][column] = Math.min(Math.max(number, Number(field.min)), Number(field.max));
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
      const left = table.querySelectorAll("td button:enabled");
      (left[Math.min(row, left.length - 1)] ?? add).focus();
    });
    const made = document.createElement("tr");
    made.append(cell("th", `${row + 1}`), ...columns.map((_, column) => cell("td", field(row, column))), cell("td", remove));
    return made;
  }

  function fill() {
    model.get("value").forEach((row, i) => {
      const fields = table.rows[i + 1]?.querySelectorAll("input");
      if (!fields) return; // the table is being made anew
      row.forEach((number, column) => {
        const half = fields[column] === document.activeElement && Number.isNaN(fields[column].valueAsNumber);
        if (!half && fields[column].valueAsNumber !== number) fields[column].value = number;
      });
    });
  }

  function show() {
    const count = model.get("value").length;
    if (table.rows.length !== count + 1) {
      const head = document.createElement("tr");
      head.append(cell("th", model.get("description")), ...columns.map(([name]) => cell("th", name)));
      table.replaceChildren(head, ...Array.from({ length: count }, (_, row) => line(row)));
      table.querySelectorAll("td button").forEach((button) => { button.disabled = count === 1; });
      add.disabled = count >= model.get("most");
    }
    fill();
  }

  add.addEventListener("click", () => {
    send([...value(), value().at(-1)]);
    show();
    scroller.scrollTop = scroller.scrollHeight;
  });
  model.on("change:value", show);
  show();
}

export default { render };
