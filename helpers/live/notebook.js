// What only a notebook needs besides view.js: a source that is the kernel's model, names and keys of ipywidgets' controls,
// and what is wrong with the kernel as far as can be seen.

const PATIENCE = 2000; // milliseconds after which an answer is late
const AGAIN = "un this cell again (Shift + Enter) after the cells above it; Run → Run All Cells does both.";
const NEWS = {
  gone: "The kernel of this demo is gone, so its sliders do nothing. R" + AGAIN,
  busy: "The kernel is busy with a cell, marked [*]. This demo answers when that is done.",
  late: "No answer yet. If none comes, the kernel is gone or busy: r" + AGAIN,
  copy: "This demo and the one that it is a copy of move together. Run this cell to give it a life of its own.",
};

// What stands for the demo where no kernel is, in the outputs before its own
function still(el) {
  for (let box = el; box; box = box.parentElement) {
    const before = box.previousElementSibling;
    if (before?.querySelector(".still")) return [before, before.previousElementSibling].filter((each) => each?.querySelector(".still, img"));
  }
  return [];
}

// Names for what ipywidgets leaves without
function nameHandles(root) {
  for (const handle of root.querySelectorAll(".noUi-handle:not([aria-label])")) {
    const label = handle.closest(".widget-hslider")?.querySelector("label");
    if (label) handle.setAttribute("aria-label", label.textContent);
  }
}

// Look after the demo that has a view.
function attend(root, el, view, isCopy) {
  let settings = "", presses = 0, news = "", late;
  const gone = new AbortController(), { signal } = gone;

  function tell(what) {
    news = what;
    view.tell(NEWS[what] ?? "");
  }

  // What is chosen now, but not what may be half typed
  const controls = () => [...root.querySelectorAll(".noUi-handle, select, input[type=checkbox]")].filter((each) => !el.contains(each));
  const chosen = () => [presses, ...controls().map((each) => each.ariaValueNow ?? (each.type === "checkbox" ? each.checked : each.value))].join();

  // A hand on a control: the answer may be late
  function wait(event) {
    if (el.contains(event.target) || (event.type === "pointermove" && !event.buttons)) return;
    if (event.type === "click" && event.target.closest(".jupyter-button")) presses += 1;
    clearTimeout(late);
    late = setTimeout(() => {
      if (chosen() === settings || news === "gone") return;
      tell([...document.querySelectorAll(".jp-InputPrompt")].some((each) => each.textContent.includes("[*]")) ? "busy" : "late");
    }, PATIENCE);
  }

  const added = new MutationObserver((changes) => changes.some(({ target }) => !el.contains(target)) && nameHandles(root));
  const lost = new MutationObserver(() => {
    if (root.classList.contains("jupyter-widgets-disconnected")) tell("gone");
    else if (news === "gone") tell("");
  });
  root.addEventListener("focusin", (event) => event.target.setAttribute("data-lm-suppress-shortcuts", "true"), { signal });
  for (const type of ["pointermove", "keyup", "change", "click"]) root.addEventListener(type, wait, { signal });
  nameHandles(root);
  added.observe(root, { childList: true, subtree: true });
  lost.observe(root, { attributeFilter: ["class"] });
  settings = chosen();
  const stands = still(root);
  for (const output of stands) output.style.display = "none";
  if (isCopy) tell("copy");

  return {
    answered() {
      settings = chosen();
      if (news !== "copy") tell("");
    },
    leave() {
      clearTimeout(late);
      for (const output of stands) output.style.display = "";
      added.disconnect();
      lost.disconnect();
      gone.abort();
    },
  };
}

let views = 0; // of this model, whose module this is

function render({ model, el }) {
  views += 1;
  const isCopy = () => views > 1 && el.closest(".jp-Notebook, .jp-NotebookPanel-notebook") !== null;
  let care;
  const answered = () => care?.answered();
  model.on("change:answers", answered);
  const view = mount(el, {
    get: (name) => model.get(name),
    listen(heard) {
      model.on("change", heard); // once, however much has changed
      return () => model.off("change", heard);
    },
    put(name, value) {
      model.set(name, value);
      model.save_changes();
    },
  });
  const settled = new ResizeObserver(() => {
    if (!el.isConnected) return;
    settled.disconnect();
    care = attend(el.closest(".explorer") ?? el, el, view, isCopy());
  });
  settled.observe(el);
  return () => {
    views -= 1;
    settled.disconnect();
    model.off("change:answers", answered);
    care?.leave();
    view.leave();
  };
}

export default { render };
