function render({ model, el }) {
  const image = document.createElement("img");
  const words = document.createElement("div");
  // One lasting live region: a reader announces changes inside it, not a region that is replaced.
  words.setAttribute("role", "status");
  el.classList.add("picture");
  el.append(image, words);

  function show() {
    const old = image.src;
    image.src = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
    if (old) URL.revokeObjectURL(old);
    image.style.maxWidth = `${model.get("width")}px`;
  }

  function tell() {
    const trouble = model.get("trouble");
    const text = model.get("text");
    el.dataset.trouble = trouble;
    image.alt = trouble ? "the picture before this setting" : text;
    words.replaceChildren(...text.split("\n").map((line) => {
      const [, name, sentence] = /^(?:([a-z]+): )?(.*)$/.exec(line);
      const row = document.createElement("div");
      if (name) row.append(Object.assign(document.createElement("b"), { textContent: `${name} ` }));
      row.append(Object.assign(document.createElement(name === "torch" ? "code" : "span"), { textContent: sentence }));
      return row;
    }));
  }

  model.on("change:png", show);
  model.on("change:text", tell);
  model.on("change:trouble", tell);
  show();
  tell();
}

export default { render };
