// What is shown stands in the address after `#`, so that every view has a link.

const FILTERS = [
  ["outcome", "Outcome"], ["ending", "Ending"], ["pack", "Pack"], ["workflow", "Workflow"], ["branch", "Branch"],
  ["rule", "Rule in question"], ["broken", "Rule broken"], ["policy", "Policy"], ["judged", "Judge says"],
];

const SORTS = {
  "": ["as recorded", null, 1],
  "score-": ["score, best first", "score", -1],
  "score": ["score, worst first", "score", 1],
  "turns-": ["longest first", "turns", -1],
  "turns": ["shortest first", "turns", 1],
  "errors-": ["most errors first", "errors", -1],
};

let state = {};

function readState() {
  const given = new URLSearchParams(location.hash.slice(1));
  state = { q: given.get("q") || "", sort: given.get("sort") || "", e: given.get("e") || "", c: given.get("c") || "" };
  if (!Object.hasOwn(SORTS, state.sort)) state.sort = "";
  for (const [name] of FILTERS) state[name] = given.get(name) || "";
}

function address(changes) {
  const next = { ...state, ...changes };
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(next)) if (value) given.set(name, value);
  return `#${given}`;
}

// Go to another view; `quietly` leaves no step in the history.
function go(changes, quietly = false) {
  const next = address(changes);
  if (next === (location.hash || "#")) return;
  if (quietly) location.replace(next);
  else location.hash = next;
}
