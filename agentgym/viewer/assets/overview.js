// What the episodes on the list amount to, by workflow, policy, ending and broken rule.

function overview() {
  const all = tally(rows);
  const tables = [["workflow", "By workflow"], ["policy", "By policy"], ["branch", "By branch"], ["ending", "By ending"]].map(([name, title]) => {
    const groups = new Map();
    for (const at of rows) {
      const value = columns[name][at];
      if (!groups.has(value)) groups.set(value, []);
      groups.get(value).push(at);
    }
    const body = [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([value, members]) => {
      const found = tally(members);
      return [h("a", { href: address({ [name]: value, e: "", c: "" }) }, words(value)), found.count, share(found), number(found.score), found.invalid, number(found.turns, 1)];
    });
    return section(title, name !== "branch" || groups.size <= 12, tableOf([name, "episodes", "success", "mean score", "invalid", "mean turns"], body, title));
  });
  const judged = new Map();
  for (const at of rows) for (const label of columns.judged[at]) judged.set(label, (judged.get(label) || 0) + 1);
  const said = [...judged].sort(([one], [other]) => (one < other ? -1 : 1)).map(([label, count]) => [h("a", { href: address({ judged: label, e: "", c: "" }) }, words(label)), count]);
  if (said.length) tables.push(section("By judge (in no score)", true, tableOf(["judge says", "episodes"], said, "By judge")));
  return h("div", { class: "overview" },
    h("h1", {}, plural(rows.length, "episode")),
    h("div", { class: "figures" },
      figure("success", share(all)), figure("mean score", number(all.score)), figure("invalid", all.invalid), figure("truncated", all.truncated), figure("mean turns", number(all.turns, 1))),
    h("p", { class: "dim" }, "Success and score are of valid episodes. Choose an episode, or press j and Enter."),
    rows.length ? tables : h("p", {}, "Nothing passes the filters."));
}

const figure = (name, value) => h("div", { class: "figure" }, h("span", { class: "big" }, String(value)), h("span", { class: "dim" }, name));

const share = (found) => (found.valid ? `${((100 * found.success) / found.valid).toFixed(1)} %` : "none");

function tally(members) {
  const found = { count: members.length, valid: 0, success: 0, invalid: 0, truncated: 0, score: null, turns: null };
  let scores = 0;
  let scored = 0;
  let turns = 0;
  for (const at of members) {
    if (columns.valid[at]) found.valid += 1;
    else found.invalid += 1;
    if (columns.valid[at] && columns.success[at]) found.success += 1;
    if (columns.truncated[at]) found.truncated += 1;
    if (columns.score[at] !== null) {
      scores += columns.score[at];
      scored += 1;
    }
    turns += columns.turns[at];
  }
  if (scored) found.score = scores / scored;
  if (members.length) found.turns = turns / members.length;
  return found;
}
