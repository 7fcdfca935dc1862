// Draws the charts, and shows one store at a time where there are several.
const charts = document.querySelectorAll("[data-spec]");
for (const place of charts) {
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  window.vegaEmbed(place, spec, {
    actions: false,
    ast: true,
    mode: "vega-lite",
    defaultStyle: false,
    renderer: "svg",
    formatLocale: { decimal: ".", thousands: "\u202f", grouping: [3], currency: ["", ""], minus: "\u2212" },
    tooltip: { disableDefaultStyle: true },
  }).then(() => { place.dataset.drawn = "yes"; });
}

// A finger leaves the chart as it lifts, which would hide the figures again: show them after the tap.
function showAfterTap(event) {
  if (event.pointerType === "mouse") return;
  const at = { bubbles: true, clientX: event.clientX, clientY: event.clientY };
  for (const type of ["pointerover", "pointermove"]) event.target.dispatchEvent(new PointerEvent(type, at));
}

function hideAfterTap() {
  document.getElementById("vg-tooltip-element")?.classList.remove("visible");
}

for (const place of charts) place.addEventListener("click", showAfterTap);
addEventListener("scroll", hideAfterTap, { passive: true });
addEventListener("pointerdown", hideAfterTap);

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
