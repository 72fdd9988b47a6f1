// "name: sentence" with the name in bold; a call to copy as code
function sentence(line, trouble) {
  const [, name, rest] = (!trouble && /^(.{1,30}?): (.*)$/.exec(line)) || [null, "", line];
  const row = document.createElement("div");
  if (name) row.append(Object.assign(document.createElement("b"), { textContent: `${name} ` }));
  row.append(Object.assign(document.createElement(name === "torch" ? "code" : "span"), { textContent: rest }));
  row.classList.toggle("named", Boolean(name));
  return row;
}

function render({ model, el }) {
  const image = document.createElement("img");
  const words = document.createElement("div");
  // One lasting live region: a reader announces changes inside it, not a region that is replaced.
  words.setAttribute("role", "status");
  el.classList.add("picture");
  el.append(image, words);

  let shown;

  function show() {
    if (model.get("png") === shown) return;
    shown = model.get("png");
    // A data URL is on the screen sooner than a blob's, which takes a way of its own through the browser
    const bytes = new Uint8Array(shown.buffer, shown.byteOffset, shown.byteLength);
    let binary = "";
    for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
    image.src = `data:image/png;base64,${btoa(binary)}`;
  }

  function tell() {
    const trouble = model.get("trouble");
    const text = model.get("text");
    el.dataset.trouble = trouble;
    image.alt = trouble ? "the picture before this setting" : text;
    words.replaceChildren(...text.split("\n").map((line) => sentence(line, trouble)));
  }

  function update() {
    show();
    tell();
  }

  model.on("change", update); // once, however much has changed
  update();
}

export default { render };
