// The list: filters, search, order, and only those rows in the document that can be seen.

const ROW = 54;
const SPARE = 8;
const MARKS = { success: "\u2713", failure: "\u2715", invalid: "!", unfinished: "\u2026" };

let rows = [];
let cursor = 0;
let searched = 0;

const holds = {
  outcome: (at, wanted) => (wanted === "truncated" ? columns.truncated[at] : resultOf(at) === wanted),
  rule: (at, wanted) => columns.rules[at].includes(wanted),
  broken: (at, wanted) => columns.broken[at].includes(wanted),
  judged: (at, wanted) => columns.judged[at].includes(wanted),
};

function choicesOf(name) {
  const counts = new Map();
  const count = (value) => counts.set(value, (counts.get(value) || 0) + 1);
  for (let at = 0; at < index.count; at += 1) {
    if (name === "outcome") {
      count(resultOf(at));
      if (columns.truncated[at]) count("truncated");
    } else if (["rule", "broken", "judged"].includes(name)) columns[name === "rule" ? "rules" : name][at].forEach(count);
    else count(columns[name][at]);
  }
  return [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
}

function buildFilters() {
  show(find("sort"), Object.entries(SORTS).map(([value, [label]]) => h("option", { value }, label)));
  find("sort").addEventListener("change", (event) => go({ sort: event.target.value }, true));
  show(
    find("filters"),
    FILTERS.map(([name, label]) => {
      const options = choicesOf(name).map(([value, count]) => h("option", { value }, `${value || "(none)"} (${count})`));
      const change = (event) => go({ [name]: event.target.value }, true);
      const choose = h("select", { id: `filter-${name}`, change }, h("option", { value: "" }, "any"), options);
      return h("label", { hidden: name === "judged" && !options.length }, h("span", { class: "dim" }, label), choose);
    }),
    h("button", { type: "button", id: "clear", click: clearFilters }, "Clear filters"),
  );
}

function clearFilters() {
  go({ q: "", ...Object.fromEntries(FILTERS.map(([name]) => [name, ""])) });
}

function passing() {
  const found = [];
  const wanted = FILTERS.map(([name]) => [name, state[name]]).filter(([, value]) => value);
  for (let at = 0; at < index.count; at += 1) {
    if (wanted.every(([name, value]) => (holds[name] ? holds[name](at, value) : columns[name][at] === value))) found.push(at);
  }
  return found;
}

function ordered(found) {
  const [, column, sign] = SORTS[state.sort];
  if (!column) return found;
  const values = columns[column];
  const value = (at) => (values[at] === null ? sign * Infinity : values[at]); // no score: last
  return found.sort((one, other) => (value(one) === value(other) ? one - other : sign * (value(one) < value(other) ? -1 : 1)));
}

async function applyFilters() {
  const turn = (searched += 1);
  for (const [name] of FILTERS) find(`filter-${name}`).value = state[name];
  find("sort").value = state.sort;
  if (document.activeElement !== find("search")) find("search").value = state.q;
  let found = passing();
  const terms = termsOf(state.q);
  if (terms.length) {
    const all = await allTexts((done) => {
      find("count").textContent = `Searching ${done.toLocaleString("en")} of ${index.count.toLocaleString("en")} ...`;
    });
    if (turn !== searched) return false; // another search came meanwhile
    found = found.filter((at) => terms.every((term) => all[at].includes(term)));
  }
  rows = ordered(found);
  find("count").textContent = `${rows.length.toLocaleString("en")} of ${plural(index.count, "episode")}`;
  find("rows").style.height = `${rows.length * ROW}px`;
  const opened = rows.indexOf(rowByKey(state.e));
  cursor = opened >= 0 ? opened : Math.min(cursor, Math.max(0, rows.length - 1));
  showCursor();
  return true;
}

function drawRows() {
  const list = find("list");
  const first = Math.max(0, Math.floor(list.scrollTop / ROW) - SPARE);
  const last = Math.min(rows.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + SPARE);
  const drawn = [];
  for (let place = first; place < last; place += 1) drawn.push(drawRow(place));
  show(find("rows"), drawn);
  const active = find(`row-${cursor}`);
  if (active) list.setAttribute("aria-activedescendant", active.id);
  else list.removeAttribute("aria-activedescendant");
}

function drawRow(place) {
  const at = rows[place];
  const result = resultOf(at);
  const opened = columns.key[at] === state.e;
  const row = h(
    "div",
    {
      id: `row-${place}`, role: "option", class: `row${place === cursor ? " cursor" : ""}${opened ? " opened" : ""}`,
      "aria-selected": opened ? "true" : "false", "aria-setsize": rows.length, "aria-posinset": place + 1,
      click: () => { cursor = place; openRow(); },
    },
    h("span", { class: `mark ${result}`, title: result, role: "img", "aria-label": result }, MARKS[result]),
    h("span", { class: "what" }, words(columns.workflow[at]), h("span", { class: "dim" }, " / "), words(columns.branch[at])),
    h("span", { class: "score" }, number(columns.score[at])),
    h(
      "span", { class: "more dim" },
      words(columns.policy[at]), ` \u00b7 ${plural(columns.turns[at], "turn")} \u00b7 `, words(columns.ending[at]),
      columns.broken[at].length ? h("span", { class: "bad" }, " \u00b7 broke ", words(columns.broken[at].join(", "))) : null,
      columns.judged[at].length ? h("span", {}, " \u00b7 judge: ", words(columns.judged[at].join(", "))) : null,
      columns.faults[at] ? ` \u00b7 ${plural(columns.faults[at], "fault")}` : null,
    ),
  );
  row.style.top = `${place * ROW}px`;
  return row;
}

function showCursor() {
  const list = find("list");
  const top = cursor * ROW;
  if (top < list.scrollTop) list.scrollTop = top;
  else if (top + ROW > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW - list.clientHeight;
  drawRows();
}

// Move the cursor; an episode that is open gives way to its neighbour.
function move(by) {
  if (!rows.length) return;
  cursor = Math.max(0, Math.min(rows.length - 1, cursor + by));
  showCursor();
  if (state.e) openRow(true);
}

function openRow(quietly = false) {
  if (rows.length) go({ e: columns.key[rows[cursor]], c: "" }, quietly);
}
