"use strict";
// A convenience only: the page is complete without it. Keys work while their box is ticked (WCAG 2.2, 2.1.4).
const box = document.getElementById("keys");
box.closest("[hidden]").hidden = false;
document.addEventListener("keydown", (event) => {
  if (!box.checked || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = { j: 1, n: 1, k: -1, p: -1 }[event.key];
  if (!step) return;
  const shown = [...document.querySelectorAll("article")].filter((article) => article.offsetParent);
  const at = shown.indexOf(document.activeElement.closest("article"));
  const next = shown[at < 0 ? (step > 0 ? 0 : shown.length - 1) : at + step];
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "center" });
});
