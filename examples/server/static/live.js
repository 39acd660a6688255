// Live changes. Every page works without this file.
"use strict";

// The value of a bar, also where nothing hovers: on focus, and under a finger.
function readouts(chart) {
  const readout = chart.querySelector("#readout");
  if (!readout) return;
  const usual = readout.textContent;
  const show = (event) => {
    const bar = event.target.closest("[data-year]");
    readout.textContent = bar ? bar.getAttribute("aria-label") : usual;
  };
  chart.addEventListener("pointerover", show);
  chart.addEventListener("focusin", show);
  chart.addEventListener("pointerleave", () => { readout.textContent = usual; });
  chart.addEventListener("focusout", () => { readout.textContent = usual; });
}

// Puts a newer chart in the place of the older one. Bars grow from where they stood.
function replace(chart, html) {
  const next = new DOMParser().parseFromString(html, "text/html").querySelector("section.chart");
  const old = chart.querySelector("section.chart");
  if (!next || !old) return;
  const heights = new Map();
  for (const bar of old.querySelectorAll("a[data-year]")) {
    const rect = bar.querySelector(".bar");
    heights.set(bar.dataset.year, [rect.getAttribute("y"), rect.getAttribute("height")]);
  }
  const focused = document.activeElement?.closest?.("a[data-year]")?.dataset.year;
  const isOpen = old.querySelector("details")?.open;
  const grown = [];
  for (const bar of next.querySelectorAll("a[data-year]")) {
    const rect = bar.querySelector(".bar");
    grown.push([rect, rect.getAttribute("y"), rect.getAttribute("height")]);
    const [y, height] = heights.get(bar.dataset.year) ?? ["100", "0"];
    rect.setAttribute("y", y);
    rect.setAttribute("height", height);
  }
  old.replaceWith(document.adoptNode(next));
  if (isOpen) next.querySelector("details").open = true;
  if (focused) next.querySelector(`a[data-year="${focused}"]`)?.focus({ preventScroll: true });
  readouts(next);
  next.getBoundingClientRect();
  for (const [rect, y, height] of grown) {
    rect.setAttribute("y", y);
    rect.setAttribute("height", height);
  }
}

function live(box) {
  const chart = document.getElementById("chart");
  const line = document.getElementById("line");
  const said = document.getElementById("said");
  const meter = document.getElementById("meter");
  let phase = "";
  let shown = chart.querySelector("section.chart")?.dataset.version ?? "";
  let wanted = shown;
  let isLoading = false;

  async function load() {
    if (isLoading || wanted === shown) return;
    isLoading = true;
    const version = wanted;
    try {
      const answer = await fetch(box.dataset.chart, { headers: { accept: "text/html" } });
      if (answer.ok) {
        replace(chart, await answer.text());
        shown = version;
        setTimeout(() => { isLoading = false; load(); }, 1500);
        return;
      }
    } catch {
      // The network is gone.
    }
    // The next change tries again.
    isLoading = false;
  }

  function tell(event) {
    const view = JSON.parse(event.data);
    if (line.textContent !== view.line) line.textContent = view.line;
    // Read aloud: what has begun, not each step of it.
    if (view.phase !== phase) said.textContent = view.line;
    phase = view.phase;
    if (view.total) {
      meter.value = Math.min(100, Math.ceil((100 * view.done) / view.total));
    } else {
      meter.removeAttribute("value");
    }
    wanted = view.chart;
    load();
    return view;
  }

  const events = new EventSource(box.dataset.events);
  events.addEventListener("state", tell);
  events.addEventListener("error", () => {
    // A line that was cut is taken up again by the browser; one that was refused is not.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 15000);
  });
  events.addEventListener("end", (event) => {
    events.close();
    const view = tell(event);
    meter.hidden = true;
    // What else there is to do is on the page as the server makes it.
    if (view.phase === "failed") location.reload();
  });
}

// Moments are written as UTC; here they become those of the reader's clock.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const written = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
});

function localize(root) {
  if (!zone) return;
  for (const time of root.querySelectorAll("time[data-local]")) {
    time.textContent = written.format(new Date(time.dateTime)).replace(",", "");
  }
  for (const name of root.querySelectorAll("[data-zone]")) name.textContent = zone.replaceAll("_", " ");
}

// A moment that is chosen is of that clock, too.
function zoned(event) {
  for (const input of event.target.querySelectorAll('input[type="datetime-local"]')) {
    const at = new Date(input.value);
    if (zone && !Number.isNaN(at.getTime())) event.formData.set(input.name, at.toISOString());
  }
}

// Looks again every few seconds, as a browser without scripts does, but leaves the reader where they
// are.
function lookAgain(main) {
  const seconds = Number(main.dataset.look);
  setTimeout(async () => {
    try {
      const isBusy = document.hidden || main.contains(document.activeElement);
      const answer = isBusy ? null : await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer?.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const next = page.getElementById("main");
        if (next) localize(next);
        if (next && next.innerHTML !== main.innerHTML) main.replaceChildren(...next.childNodes);
        if (!next?.dataset.look) return;
      }
    } catch {
      // The next time may be better.
    }
    lookAgain(main);
  }, seconds * 1000);
}

localize(document);
document.addEventListener("formdata", zoned);
const chart = document.querySelector("section.chart");
if (chart) readouts(chart);
const box = document.getElementById("live");
const main = document.getElementById("main");
if (box?.dataset.events) live(box);
else if (main.dataset.look) lookAgain(main);
