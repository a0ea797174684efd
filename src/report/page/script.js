"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const page = document.documentElement;

  // Theme: what the reader's system prefers, until the reader chooses.
  const theme = document.getElementById("theme");
  const prefers = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  const paint = () => {
    const dark = chosen === null ? prefers.matches : chosen;
    page.dataset.theme = dark ? "dark" : "light";
    theme.textContent = dark ? "Light" : "Dark";
    theme.setAttribute("aria-label", dark ? "Change to light colours" : "Change to dark colours");
  };
  theme.hidden = false;
  theme.addEventListener("click", () => { chosen = page.dataset.theme !== "dark"; paint(); });
  prefers.addEventListener("change", paint);
  paint();

  // Print in light colours, with everything unfolded.
  addEventListener("beforeprint", () => { page.dataset.theme = "light"; all("details").forEach((it) => { it.dataset.was = it.open; it.open = true; }); });
  addEventListener("afterprint", () => { paint(); all("details").forEach((it) => { it.open = it.dataset.was === "true"; }); });

  // Variations: one at a time.
  const variations = all(".variation");
  const contents = document.getElementById("contents");
  const list = (current) => {
    const heads = all("main > section > h2, .variation:not([hidden]) > section > h2");
    contents.replaceChildren(document.createElement("ul"));
    heads.forEach((head) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = "#" + head.parentElement.id;
      link.textContent = head.textContent;
      item.append(link);
      contents.firstChild.append(item);
    });
    contents.hidden = false;
  };
  const show = (number) => {
    variations.forEach((it) => { it.hidden = it.dataset.v !== number; });
    list();
  };
  const chooser = document.querySelector("#switch select");
  if (chooser) {
    document.getElementById("switch").hidden = false;
    chooser.addEventListener("change", () => show(chooser.value));
    const asked = location.hash.match(/-(\d+)$/);
    if (asked && variations[asked[1]]) chooser.value = asked[1];
    show(chooser.value);
    addEventListener("hashchange", () => {
      const at = document.querySelector(`.variation[hidden] ${CSS.escape ? "#" + CSS.escape(location.hash.slice(1)) : location.hash}`);
      if (at) { chooser.value = at.closest(".variation").dataset.v; show(chooser.value); at.scrollIntoView(); }
    });
  } else {
    list();
  }

  // References of differences, and policies of courses: one at a time.
  all(".choose").forEach((paragraph) => {
    const select = paragraph.querySelector("select");
    const choose = () => all(`div.${select.className}`, paragraph.parentElement).forEach((it) => { it.hidden = it.dataset.r !== select.value; });
    paragraph.hidden = false;
    select.addEventListener("change", choose);
    choose();
  });

  // Tables: sorted by a column, searched.
  const key = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.k !== undefined) return Number(cell.dataset.k);
    const text = cell.textContent.trim();
    return text === "–" ? null : text;
  };
  all("table").forEach((table) => {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const before = [...body.rows];
    heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
      const state = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")];
      heads.forEach((it) => it.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", state);
      const sign = state === "descending" ? -1 : 1;
      const rows = state === "none" ? before : [...before].sort((one, two) => {
        const [a, b] = [key(one, column), key(two, column)];
        if (a === null || b === null) return (a === null) - (b === null);
        return sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
      });
      body.append(...rows);
    }));
  });
  all(".search").forEach((paragraph) => {
    const table = paragraph.nextElementSibling;
    const rows = all("tbody tr", table);
    const input = paragraph.querySelector("input");
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let left = 0;
      rows.forEach((row) => {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        left += !row.hidden;
      });
      paragraph.querySelector("output").textContent = words.length ? `${left} of ${rows.length}` : "";
    });
  });

  // Values: under the pointer, and for a focused plot with the arrow keys.
  const tip = document.getElementById("tip");
  const hide = () => { tip.hidden = true; };
  const say = (text, x, y) => {
    if (tip.textContent !== text) tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = Math.max(4, Math.min(x + 14, innerWidth - box.width - 4));
    const top = y + box.height + 20 > innerHeight ? Math.max(4, y - box.height - 12) : y + 16;
    tip.style.left = `${left}px`;
    tip.style.top = `${top}px`;
  };
  const middle = (element) => {
    const box = element.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  };
  const texts = new Map();
  all("svg .mark").forEach((mark) => {
    const title = mark.querySelector(":scope > title");
    texts.set(mark, title.textContent);
    title.remove();
    mark.addEventListener("pointermove", (event) => say(texts.get(mark), event.clientX, event.clientY));
    mark.addEventListener("pointerleave", hide);
  });
  const step = (event) => ({ ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 })[event.key];
  all("figure:not(.timeline) svg[tabindex]").forEach((svg) => {
    const marks = all(".mark", svg);
    if (!marks.length) { svg.removeAttribute("tabindex"); return; }
    let at = -1;
    const leave = () => { marks.forEach((it) => it.classList.remove("on")); at = -1; hide(); };
    svg.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { leave(); return; }
      const by = step(event);
      if (!by) return;
      event.preventDefault();
      if (at >= 0) marks[at].classList.remove("on");
      at = (at + by + marks.length) % marks.length;
      marks[at].classList.add("on");
      say(texts.get(marks[at]), ...middle(marks[at]));
    });
    svg.addEventListener("blur", leave);
  });
  all("figure.timeline").forEach((figure) => {
    const data = JSON.parse(figure.querySelector("script").textContent);
    const drawings = all(".draw svg", figure);
    const bins = Math.max(...data.series.map((it) => it.y.length));
    const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 2 });
    let at = -1;
    const tell = (bin, place) => {
      at = Math.max(0, Math.min(bins - 1, bin));
      const x = data.left + (data.right - data.left) * (at + 0.5) / bins;
      drawings.forEach((svg) => svg.querySelector(".cursor").setAttribute("d", `M${x} 8V${svg.viewBox.baseVal.height - 38}`));
      const lines = data.series.filter((it) => it.y[at] !== null && it.y[at] !== undefined && !(it.unit === "nodes" && it.y[at] === 0));
      const text = [`${number(at * data.step)}–${number((at + 1) * data.step)} ${data.unit}`, ...lines.map((it) => `${it.name}: ${number(it.y[at])} ${it.unit}`)].join("\n");
      const box = drawings[0].getBoundingClientRect();
      say(text, ...(place || [box.left + box.width * x / data.width, box.top + 30]));
    };
    const leave = () => { drawings.forEach((svg) => svg.querySelector(".cursor").setAttribute("d", "")); at = -1; hide(); };
    drawings.forEach((svg) => {
      svg.addEventListener("pointermove", (event) => {
        const box = svg.getBoundingClientRect();
        const x = (event.clientX - box.left) / box.width * data.width;
        if (x < data.left || x > data.right) { leave(); return; }
        tell(Math.floor((x - data.left) / (data.right - data.left) * bins), [event.clientX, event.clientY]);
      });
      svg.addEventListener("pointerleave", leave);
    });
    const first = drawings[0];
    first.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { leave(); return; }
      const by = step(event);
      if (!by) return;
      event.preventDefault();
      tell(at + by * (event.shiftKey ? 10 : 1));
    });
    first.addEventListener("blur", leave);
  });
  addEventListener("scroll", hide, { passive: true });
})();
