"use strict";
// Keys to go from change to change. The page is complete without them. They work while the box is ticked (WCAG 2.2,
// 2.1.4).
const box = document.getElementById("keys");
box.closest("[hidden]").hidden = false;
document.addEventListener("keydown", (event) => {
  if (!box.checked || event.ctrlKey || event.metaKey || event.altKey) return;
  // Whoever writes into a field, such as the search of the reading room, means the letter.
  if (event.target.closest("input:not([type=checkbox], [type=radio]), select, textarea")) return;
  const step = { j: 1, n: 1, k: -1, p: -1 }[event.key];
  if (!step) return;
  const shown = [...document.querySelectorAll("article")].filter((article) => article.checkVisibility());
  const current = shown.indexOf(document.activeElement.closest("article"));
  const next = shown[current < 0 ? (step > 0 ? 0 : shown.length - 1) : current + step];
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "center" });
});
// A link to a change that is folded away opens the fold, also in browsers that don't do so themselves.
window.addEventListener("hashchange", () => {
  const target = document.getElementById(location.hash.slice(1));
  const fold = target && target.closest("details:not([open])");
  if (!fold) return;
  fold.open = true;
  target.scrollIntoView();
});
