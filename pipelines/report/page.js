// What a page without a network can still do for a pointer: figures under it, definitions beside it, one store at a time.
const tip = document.getElementById("tip");

// A chart's table has its figures already, newest first: the pointer's place says which row.
function rowUnder(plot, x) {
  const box = plot.querySelector("svg").getBoundingClientRect();
  const count = Number(plot.dataset.count);
  const across = Math.min(1, Math.max(0, (x - box.left) / box.width));
  const slots = plot.dataset.kind === "bars" ? Math.max(count, 8) : count - 1;
  const at = plot.dataset.kind === "bars" ? Math.floor(across * slots - (slots - count) / 2) : Math.round(across * slots);
  const place = plot.dataset.kind === "bars" ? (at + 0.5 + (slots - count) / 2) / slots : at / Math.max(1, slots);
  const rows = document.getElementById(plot.dataset.table).tBodies[0].rows;
  return { row: rows[count - 1 - at], left: place * 100, box };
}

function showFigures(event) {
  const plot = event.currentTarget;
  const { row, left, box } = rowUnder(plot, event.clientX);
  if (!row) return hideFigures();
  const heads = row.closest("table").tHead.rows[0].cells;
  tip.replaceChildren(line("strong", `${heads[0].textContent} ${row.cells[0].textContent}`.replace(/^Month /, "")));
  for (const column of plot.dataset.columns.split(" ")) {
    tip.append(line("span", heads[column].textContent), line("b", row.cells[column].textContent));
  }
  tip.hidden = false;
  const x = box.left + (left / 100) * box.width;
  const wide = tip.offsetWidth;
  tip.style.left = `${Math.max(8, Math.min(innerWidth - wide - 8, x > innerWidth / 2 ? x - wide - 14 : x + 14))}px`;
  tip.style.top = `${Math.max(8, box.top + 8)}px`;
  for (const other of document.querySelectorAll(".plot[data-pointed]")) if (other !== plot) other.removeAttribute("data-pointed");
  plot.style.setProperty("--pointed", `${left}%`);
  plot.toggleAttribute("data-pointed", true);
}

function line(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

function hideFigures() {
  tip.hidden = true;
  for (const plot of document.querySelectorAll(".plot[data-pointed]")) plot.removeAttribute("data-pointed");
}

for (const plot of document.querySelectorAll(".plot")) {
  plot.addEventListener("pointermove", showFigures);
  plot.addEventListener("pointerdown", showFigures);
  plot.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") hideFigures(); });
}
addEventListener("scroll", hideFigures, { passive: true });
addEventListener("pointerdown", (event) => { if (!event.target.closest(".plot")) hideFigures(); });

// A definition opens on click, tap, Enter and Space by itself; a resting mouse opens it too.
let waiting;
for (const term of document.querySelectorAll(".term")) {
  const about = document.getElementById(term.getAttribute("popovertarget"));
  term.addEventListener("pointerenter", (event) => {
    if (event.pointerType === "mouse") waiting = setTimeout(() => about.showPopover({ source: term }), 250);
  });
  term.addEventListener("pointerleave", (event) => {
    clearTimeout(waiting);
    if (event.pointerType === "mouse" && about.matches(":popover-open") && !about.matches(":hover")) about.hidePopover();
  });
}

const links = [...document.querySelectorAll("[data-switch]")];
const stores = [...document.querySelectorAll("[data-store]")];

function showStore() {
  const target = document.getElementById(location.hash.slice(1));
  const store = target?.closest("[data-store]") ?? stores.find((each) => !each.hasAttribute("data-away"));
  for (const each of stores) each.toggleAttribute("data-away", each !== store);
  for (const link of links) {
    if (link.hash === `#${store.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  target?.scrollIntoView();
}

if (links.length) {
  for (const each of stores.slice(1)) each.toggleAttribute("data-away", true);
  addEventListener("hashchange", showStore);
  showStore();
}
