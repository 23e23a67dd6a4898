// What stands beside a conversation: criteria, facts, changes, the tree, ids.

const PARTS = [["outcome", "Outcome"], ["process", "Process"], ["report", "Reported, without weight"]];

function criteriaPanel(detail) {
  if (!detail.criteria.length) return absent("Criteria", detail.missing.task || "the task has none");
  const [best, count] = detail.outcomes;
  const parts = PARTS.map(([part, title]) => {
    const found = detail.criteria.filter((one) => one.part === part);
    return found.length ? [h("h3", {}, title), h("ul", { class: "criteria" }, found.map(criterionView))] : null;
  });
  const closed = detail.end.closed;
  return h("div", {},
    count > 1 ? h("p", { class: "dim" }, `Outcome ${best} of the ${count} that are accepted${detail.missing.replay ? "" : ": the one that came nearest"}.`) : null,
    closed ? h("p", { class: "bad" }, "The gate is closed: ", words(closed[0]), " in turn ", turnLink(closed[1])) : null,
    detail.missing.replay ? absent("The turns at which criteria were won or lost", detail.missing.replay) : null,
    parts);
}

function criterionView(one) {
  const known = one.holds !== undefined;
  const mark = !known ? ["?", "unknown"] : one.holds ? ["\u2713", "holds"] : ["\u2715", "does not hold"];
  const moves = (one.moves || []).map(([turn, holds]) => [h("span", { class: holds ? "good" : "bad" }, holds ? " won in turn " : " lost in turn "), turnLink(turn)]);
  return h("li", { class: known ? (one.holds ? "won" : "lost") : "" },
    h("span", { class: "mark", role: "img", "aria-label": mark[1] }, mark[0]),
    h("details", {}, h("summary", {}, words(one.name), h("span", { class: "dim" }, known && !moves.length ? " never" : "", moves)),
      pairsOf([["kind", one.kind], ["weight", one.weight], ...one.asks])));
}

const JUDGED = { holds: ["\u2713", "won"], "does not hold": ["\u2715", "lost"], "cannot tell": ["?", ""] };

function judgePanel(detail) {
  return h("div", {},
    h("p", { class: "dim" }, "What a model said of this episode. It is in no score and no reward."),
    h("ul", { class: "criteria" }, detail.judge.map((one) => {
      const [mark, kind] = own(JUDGED, one.says) || ["\u2013", ""];
      return h("li", { class: kind },
        h("span", { class: "mark", role: "img", "aria-label": one.says || "not judged" }, mark),
        h("details", {}, h("summary", {}, words(one.id), h("span", { class: "dim" }, ` ${one.says || "not judged"}`)),
          pairsOf([["question", one.question], ["votes", one.votes], ["reason", one.reason], ["model", one.model]].filter(([, value]) => value))));
    })));
}

function userPanel(detail) {
  const user = detail.user;
  if (!user) return absent("The user's ledger", detail.missing.task);
  const said = (fact) => {
    if (fact.turn === null) return h("span", { class: "dim" }, fact.release === "opening" ? "not said" : "never");
    return turnLink(fact.turn);
  };
  const release = { opening: "in the opening", asked: "when asked", change: "on a change of mind", next: "with a further request" };
  const facts = user.facts.map((fact) => [words(fact.name), fact.value, own(release, fact.release) ?? fact.release, said(fact)]);
  return h("div", {},
    h("p", {}, "Wants to ", words(user.wants, "strong"), "."),
    tableOf(["fact", "value", "due", "said in turn"], facts, "facts of the user"),
    pairsOf([["manner", user.persona], ["when refused", user.strategy.join(", ")], ["claims", user.claim], ["tools in hand", user.tools.join(", ")],
      ["right read-backs", user.readbacks.map((values) => values.join(", ")).join(" | ")]].filter(([, value]) => value)));
}

function changesPanel(detail) {
  const found = detail.changes.map(changeOf);
  const owed = detail.criteria.filter((one) => one.kind === "changed" && one.holds === false);
  return h("div", {},
    found.length ? found : h("p", { class: "dim" }, "No row of the world changed."),
    owed.length ? [h("h3", {}, "Expected and not there"), h("ul", {}, owed.map((one) => h("li", {}, words(one.name), pairsOf(one.asks))))] : null);
}

function treePanel(detail, pack) {
  const tree = detail.tree;
  const workflow = tree && pack ? own(pack.workflows, tree.workflow) : null;
  if (!workflow) return absent("The behaviour tree", detail.missing.tree);
  const marks = { right: new Set(tree.right || []), done: tree.done || {}, otherwise: tree.otherwise || {}, cases: tree.cases || {}, taken: tree.taken || {} };
  return h("div", {},
    h("p", {}, words(workflow.title, "strong"), ". "),
    detail.missing.tree ? absent("The path taken", detail.missing.tree) : h("p", { class: "dim legend" },
      h("span", { class: "key right-key" }, "right path"), h("span", { class: "key" }, "\u2713 done as the oracle does it"),
      h("span", { class: "key" }, "~ not quite so"), h("span", { class: "key" }, "\u2715 off the path")),
    h("ul", { class: "tree" }, nodesOf(workflow.tree.below, marks)));
}

const nodesOf = (nodes, marks) => nodes.map((node) => nodeView(node, marks));

function nodeView(node, marks) {
  const right = marks.right.has(node.at);
  const turn = marks.done[node.at] ?? marks.otherwise[node.at];
  const mark = marks.done[node.at] !== undefined ? (right ? "\u2713" : "\u2715") : turn !== undefined ? "~" : "";
  const kinds = { "\u2713": "good", "\u2715": "bad", "~": "warn" };
  const line = h("div", { class: `node${right ? " right" : ""}` },
    h("span", { class: `mark ${kinds[mark] || ""}` }, mark),
    h("span", {}, h("span", { class: "kind" }, node.kind), " ", words(node.text, "code"), turn !== undefined ? h("span", { class: "dim" }, " turn ", turnLink(turn)) : null));
  const below = node.cases
    ? node.cases.map((one) => caseView(node, one, marks))
    : (node.below || []).map((child) => (child.kind === "seq" ? h("li", {}, h("ul", {}, nodesOf(child.below, marks))) : nodeView(child, marks)));
  return h("li", {}, line, below.length ? h("ul", {}, below) : null);
}

function caseView(node, one, marks) {
  const right = marks.cases[node.at] === one.label;
  const taken = (marks.taken[node.at] || []).includes(one.label);
  const notes = [right ? badge("right", "good") : null, taken ? badge("taken", right ? "good" : "bad") : null];
  return h("li", { class: "case" },
    h("div", { class: `node${right ? " right" : ""}` }, h("span", { class: "mark" }), h("span", {}, h("span", { class: "kind" }, "case"), " ", words(one.label, "code"), " ", notes)),
    h("ul", {}, nodesOf(one.below, marks)));
}

function oraclePanel(detail) {
  if (!detail.oracle.length) return absent("The oracle's way", detail.missing.task || "the task has none");
  return h("ol", { class: "oracle" }, detail.oracle.map((action) => h("li", {},
    action.words ? h("p", { dir: "auto" }, action.words) : null,
    action.calls.map((call) => h("div", {}, words(call.name, "code tool"), pairsOf(call.arguments))))));
}

function aboutPanel(detail) {
  const commands = detail.commands.map(([what, command]) => h("div", { class: "command" },
    h("span", { class: "dim" }, what), h("pre", {}, command),
    h("button", { type: "button", click: (event) => copy(command, event.currentTarget), "aria-label": `Copy the command: ${what}` }, "Copy")));
  return h("div", {}, commands, pairsOf(detail.about));
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(button.previousElementSibling);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = "Selected";
  }
}
