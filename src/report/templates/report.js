// Tables can be sorted and filtered, and a link opens what it leads to. Without this the page says the same.
(function () {
  "use strict";

  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  function element(name, attributes, text) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  }

  function key(row, column) {
    const cell = row.cells[column];
    if (!cell) return "";
    return cell.dataset.sort === undefined ? cell.textContent.trim() : cell.dataset.sort;
  }

  function sortable(table) {
    const heads = Array.from(table.tHead.rows[0].cells);
    const body = table.tBodies[0];
    heads.forEach((head, column) => {
      if (head.classList.contains("written")) return;
      const button = element("button", { type: "button", class: "sort" });
      // A control in a head that is repeated on the next page is not printed there: paper has the text beside it.
      const text = element("span", { class: "printed" });
      while (head.firstChild) text.appendChild(head.firstChild);
      button.append(text.textContent, element("span", { class: "arrow", "aria-hidden": "true" }));
      head.append(text, button);
      button.addEventListener("click", () => {
        const falling = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        const sign = falling ? -1 : 1;
        // The sort is stable: rows that are alike stay in their order.
        const rows = Array.from(body.rows).map((row) => [key(row, column), row]);
        rows.sort((one, other) => sign * collator.compare(one[0], other[0]));
        rows.forEach(([, row]) => body.appendChild(row));
      });
    });
  }

  function filterable(table) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    if (rows.length < 6) return;
    const box = element("div", { class: "filter" });
    const label = element("label", {}, "Show rows with ");
    const input = element("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    const told = element("output", { "aria-live": "polite" });
    label.appendChild(input);
    box.append(label, told);
    const scroll = table.closest(".scroll");
    scroll.parentNode.insertBefore(box, scroll);
    const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
    function apply() {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row) => {
        const fits = words.every((word) => texts.get(row).includes(word));
        row.hidden = !fits;
        if (fits) shown += 1;
      });
      told.textContent = words.length ? shown + " of " + rows.length + " rows; all are printed" : "";
    }
    input.addEventListener("input", apply);
    table.showAll = () => {
      input.value = "";
      apply();
    };
  }

  // What a link leads to may be folded away, or filtered out.
  function reveal() {
    let target = null;
    try {
      target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    } catch {
      return;
    }
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    const row = target.closest("tr");
    if (row && row.hidden) row.closest("table").showAll();
    target.scrollIntoView();
  }

  document.querySelectorAll("table.data").forEach((table) => {
    if (table.tBodies[0].rows.length < 2) return;
    sortable(table);
    filterable(table);
  });

  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = Array.from(document.querySelectorAll("details:not([open])"));
    folded.forEach((own) => (own.open = true));
  });
  window.addEventListener("afterprint", () => folded.forEach((own) => (own.open = false)));
  window.addEventListener("hashchange", reveal);
  reveal();

  // The contents say where the reader is.
  const links = new Map();
  document.querySelectorAll("nav.contents a").forEach((link) => links.set(link.getAttribute("href").slice(1), link));
  if ("IntersectionObserver" in window) {
    const seen = new IntersectionObserver(
      (entries) => {
        entries.forEach((entry) => {
          if (!entry.isIntersecting) return;
          links.forEach((link) => link.removeAttribute("aria-current"));
          const link = links.get(entry.target.id);
          if (link) link.setAttribute("aria-current", "true");
        });
      },
      { rootMargin: "-10% 0px -80% 0px" },
    );
    document.querySelectorAll("main > section").forEach((section) => seen.observe(section));
  }
})();
