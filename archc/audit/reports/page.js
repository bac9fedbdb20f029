"use strict";
(() => {
  const CHUNK = 200;
  const NAMES = ["verdict", "document", "network", "q"];
  const { documents, networks, claims } = JSON.parse(document.getElementById("data").textContent);
  const by = (id) => document.getElementById(id);
  const controls = Object.fromEntries(NAMES.map((name) => [name, by(name)]));
  const list = document.querySelector(".claims");
  const results = document.querySelector(".results");
  let found = [];
  let shown = 0;

  // What a claim is searched by. Signs of multiplication and grouping are read alike.
  const plain = (text) =>
    text.toLowerCase().replace(/[×✕]/g, "x").replace(/(\d),(?=\d{3})/g, "$1");
  for (const claim of claims) {
    const names = claim.n.map((i) => networks[i]);
    const parts = [documents[claim.d], ...names];
    for (const key of "fskctwerpqia") if (claim[key]) parts.push(claim[key]);
    claim.text = plain(parts.join(" \n "));
  }

  function element(tag, className, ...children) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    made.append(...children); // strings become text, never markup
    return made;
  }

  function card(claim) {
    const about = claim.f || claim.n.map((i) => networks[i]).join(", ");
    const item = element("li", `claim g-${claim.g}`);
    item.append(
      element("div", "verdict", element("span", "", claim.w)),
      element(
        "div", "what",
        element("span", "network", about), " ",
        element("code", "", claim.s), " ", claim.k,
      ),
    );
    if (claim.e) item.append(element("div", "why", claim.e));
    if (claim.r) item.append(element("div", "erratum", `Erratum: ${claim.r}`));
    const where = element("div", "where");
    if (claim.q) where.append(element("q", "", claim.q), " — ");
    const source = [documents[claim.d], claim.p].filter(Boolean).join(", ");
    where.append(element("span", "source", source), " ");
    where.append(element("span", "at", `(${claim.a})`));
    const numbers = element(
      "div", "numbers",
      element("div", "", element("small", "", "printed "), element("strong", "", claim.t)),
      element("div", "", element("small", "", "computed "), claim.c || "–"),
    );
    item.append(where, numbers);
    return item;
  }

  function matches(claim, filter) {
    if (filter.verdict === "fails" && !claim.x) return false;
    if (filter.verdict === "attention" && !claim.y) return false;
    if (filter.verdict && !["fails", "attention", claim.v].includes(filter.verdict)) return false;
    if (filter.document && documents[claim.d] !== filter.document) return false;
    if (filter.network && !claim.n.some((i) => networks[i] === filter.network)) return false;
    return filter.words.every((word) => claim.text.includes(word));
  }

  // A claim about several variants counts once for each, as on the scoreboard.
  const weight = (claim, filter) => (filter.network ? 1 : claim.m || claim.n.length);
  const total = (some, filter) => some.reduce((sum, claim) => sum + weight(claim, filter), 0);

  function more(count = CHUNK) {
    const next = found.slice(shown, shown + count);
    list.append(...next.map(card));
    shown += next.length;
    by("more").hidden = shown >= found.length;
    by("more").textContent = `Show more (${found.length - shown} left)`;
  }

  function draw(network) {
    const template = by(`diagram-${networks.indexOf(network)}`);
    const drawing = document.querySelector(".drawing");
    by("diagram").hidden = !template;
    results.classList.toggle("drawn", Boolean(template));
    drawing.replaceChildren();
    if (!template) return;
    drawing.append(template.content.cloneNode(true));
    drawing.setAttribute("aria-label", `Diagram of ${network}`);
    document.querySelector("#diagram summary").textContent = `Diagram of ${network}`;
    by("diagram").open = matchMedia("(min-width: 70rem)").matches;
  }

  function apply() {
    const hash = new URLSearchParams(location.hash.slice(1));
    const filter = Object.fromEntries(NAMES.map((name) => [name, hash.get(name) || ""]));
    for (const name of NAMES) {
      if (controls[name] !== document.activeElement) controls[name].value = filter[name];
    }
    filter.words = plain(filter.q).split(/\s+/).filter(Boolean);
    found = claims.filter((claim) => matches(claim, filter));
    found.sort((a, b) => (b.x || 0) - (a.x || 0)); // what fails stands first
    shown = 0;
    list.replaceChildren();
    more();
    const all = { network: "" };
    by("count").textContent =
      `${total(found, filter).toLocaleString("en")} of ${total(claims, all).toLocaleString("en")} claims`;
    draw(filter.network);
  }

  function choose() {
    const chosen = NAMES.map((name) => [name, controls[name].value.trim()]).filter(([, v]) => v);
    history.replaceState(null, "", `#${new URLSearchParams(chosen)}`);
    apply();
  }

  for (const name of documents) controls.document.append(new Option(name, name));
  for (const name of networks) controls.network.append(new Option(name, name));
  for (const control of Object.values(controls)) control.addEventListener("input", choose);
  by("clear").addEventListener("click", () => {
    for (const control of Object.values(controls)) control.value = "";
    choose();
    controls.q.focus();
  });
  by("more").addEventListener("click", () => more());
  addEventListener("beforeprint", () => more(Infinity));

  // A number of the scoreboard, or a link that someone sent, leads to the claims.
  function follow() {
    apply();
    if (location.hash.includes("=")) by("claims").scrollIntoView();
  }
  addEventListener("hashchange", () => {
    const hash = location.hash.slice(1);
    if (!hash || hash.includes("=")) follow(); // else it is the skip link's target: no filter
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (link && link.hash && link.hash === location.hash) follow(); // which changes no hash
  });
  document.querySelector(".filters").hidden = false;
  follow();
})();
