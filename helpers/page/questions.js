// The questions of a page commit as those of a notebook do.

for (const list of document.querySelectorAll("ol.quiz")) {
  const el = document.createElement("div");
  list.parentElement.after(el);
  render({ el });
}
