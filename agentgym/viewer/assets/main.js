// What the page shows follows from the address; keys and buttons only change the address.

const KEYS = [
  ["j, k", "next and previous episode"], ["Enter", "open the episode, or go to it"], ["Esc", "back: out of the search, the comparison, the episode"],
  ["/", "search"], ["c", "compare with the next episode of the same task"], ["d", "go to the first difference"], ["t", "light or dark"], ["?", "this list"],
];

let drawn = 0;

async function drawMain() {
  const turn = (drawn += 1);
  const main = find("main");
  const at = rowByKey(state.e);
  if (state.e && at < 0) {
    show(main, h("p", { class: "absent" }, "This page has no episode ", words(state.e, "code"), ". ", h("a", { href: address({ e: "", c: "" }) }, "To the overview")));
    return;
  }
  if (at < 0) {
    show(main, overview());
    return;
  }
  const other = rowByKey(state.c);
  const body = other >= 0 && other !== at ? await compareView(at, other) : await episodeView(at);
  if (turn !== drawn) return; // another episode was chosen meanwhile
  show(main, episodeHead(at), body);
  main.scrollTop = 0;
}

function episodeHead(at) {
  const row = rowOf(at);
  const result = resultOf(at);
  return h("div", { class: "episode-head" },
    h("h1", {}, words(row.workflow), h("span", { class: "dim" }, " / "), words(row.branch)),
    h("p", {}, badge(result, result), row.truncated ? badge("truncated", "warn") : null, row.ending === "unfinished" ? " left before its end" : [" ended by ", words(row.ending, "strong")],
      ", score ", h("b", {}, number(row.score, 3)), `, ${plural(row.turns, "turn")}, ${plural(row.calls, "call")}, ${plural(row.errors, "error")}`,
      h("span", { class: "dim" }, " \u00b7 ", words(row.policy), " \u00b7 ", words(row.pack), ` \u00b7 ${row.split} seed ${row.seed} \u00b7 sample ${row.sample} \u00b7 task `, words(row.task, "code"))),
    compareChoice(at, state.c));
}

async function episodeView(at) {
  const detail = await detailOf(at);
  const pack = packOf(detail);
  const trouble = detail.end.reason ? h("p", { class: "absent" }, "Invalid: ", words(detail.end.reason)) : null;
  const aside = h("aside", { class: "panels", "aria-label": "About the episode" },
    section("Rewards", true, plot(detail)),
    section("Criteria", true, criteriaPanel(detail)),
    detail.judge.length ? section("Judge", true, judgePanel(detail)) : null,
    section("What the user knows", true, userPanel(detail)),
    section("Changes of the world", true, changesPanel(detail)),
    section("Behaviour tree", true, treePanel(detail, pack)),
    section("The oracle's way", false, oraclePanel(detail)),
    section("Seeds, ids, commands", true, aboutPanel(detail)));
  return [trouble, h("div", { class: "episode" }, conversation(detail, pack), aside)];
}

async function draw() {
  readState();
  if (!(await applyFilters())) return;
  document.body.classList.toggle("reading", Boolean(state.e));
  await drawMain();
}

function nextSibling() {
  const at = rowByKey(state.e);
  if (at < 0) return;
  const others = siblings(at);
  if (others.length) go({ c: columns.key[others[(others.indexOf(rowByKey(state.c)) + 1) % others.length]] });
}

function back() {
  if (document.activeElement === find("search")) find("list").focus();
  else if (state.c) go({ c: "" });
  else if (state.e) {
    go({ e: "", c: "" });
    find("list").focus();
  }
}

function enter() {
  const opened = rows.length && columns.key[rows[cursor]] === state.e;
  if (!opened) openRow();
  find("main").focus();
}

const ACTIONS = {
  j: () => move(1), k: () => move(-1), "/": () => find("search").select(), Escape: back, Enter: enter, c: nextSibling, t: turnTheme,
  d: () => find("difference") && (find("difference").scrollIntoView({ block: "center" }), find("difference").focus()),
  "?": () => find("keys").showModal(),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || find("keys").open) return;
  const target = event.target;
  const typing = target.matches("input, select, textarea");
  if (typing && event.key !== "Escape" && !(event.key === "Enter" && target === find("search"))) return;
  if (event.key === "Enter" && target.matches("button, a, summary")) return;
  let action = Object.hasOwn(ACTIONS, event.key) ? ACTIONS[event.key] : null;
  if (target === find("list")) {
    if (event.key === "ArrowDown") action = ACTIONS.j;
    else if (event.key === "ArrowUp") action = ACTIONS.k;
  }
  if (!action) return;
  event.preventDefault();
  action();
}

function remembered(value) {
  try {
    if (value !== undefined) localStorage.setItem("agentgym-theme", value);
    return localStorage.getItem("agentgym-theme") || "";
  } catch {
    return value || ""; // a page from a file may have no storage
  }
}

function turnTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  remembered(root.dataset.theme);
}

function buildPage() {
  find("source").textContent = index.title;
  find("theme").addEventListener("click", turnTheme);
  find("help").addEventListener("click", () => find("keys").showModal());
  const close = h("button", { type: "button", click: () => find("keys").close() }, "Close");
  show(find("keys"), h("h2", {}, "Keys"), h("dl", { class: "pairs" }, KEYS.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)])), close);
  find("list").addEventListener("scroll", () => requestAnimationFrame(drawRows));
  new ResizeObserver(() => drawRows()).observe(find("list"));
  let waiting = 0;
  find("search").addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => go({ q: event.target.value.trim() }, true), 200);
  });
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", () => draw().catch(fail));
  if (matchMedia("(max-width: 900px)").matches) document.querySelector(".filters").open = false;
}

function fail(trouble) {
  show(find("main"), h("p", { class: "absent" }, `This cannot be shown: ${trouble.message}`));
  throw trouble;
}

async function start() {
  const theme = remembered();
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
  try {
    await openIndex();
    buildFilters();
    buildPage();
    await draw();
    document.documentElement.dataset.ready = "true";
  } catch (trouble) {
    fail(trouble);
  }
}

start();
