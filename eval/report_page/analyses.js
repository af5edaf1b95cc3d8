// Alignment and uniformity, and where the gains of a run come from.

const three = (value) => (isNumber(value) ? value.toFixed(3) : "–");
const span = (value) => (isInterval(value) ? `${value[0].toFixed(3)} … ${value[1].toFixed(3)}` : "–");
const points = (value) => (isNumber(value) ? `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)}` : "–");
const cells = (...values) => ({ cells: values });
const pictures = (parts) => parts.map(({ src, alt }) => make("figure", { class: "picture" }, make("img", { src, alt, loading: "lazy" })));

function showAnalyses(run) {
  const content = [...run.analyses.pages.flatMap(pageView), ...run.analyses.alignment.flatMap(alignmentView), ...run.analyses.gains.flatMap(gainsView)];
  section("analyses", "What training did to the model: where symbols lie in its hidden states, and which stage brought which gain. "
    + "Make them with: symbol-llm analyse.", ...content);
}

// What an experiment wrote about itself.
function pageView({ name, blocks, pictures: plots }) {
  const shown = blocks.map(({ text, columns, rows }) => (columns
    ? table(`Table of ${name}`, columns.map((title, i) => [title, i ? "number" : ""]), rows.map((row) => cells(...columns.map((_, i) => row[i] || ""))))
    : make("p", {}, text)));
  return [make("h3", { class: "gap" }, `Experiment ${name}`), ...shown, make("div", { class: "pictures" }, pictures(plots))];
}

function alignmentView(analysis) {
  const content = [make("h3", { class: "gap" }, "Alignment and uniformity of hidden states"),
    make("p", { class: "about" }, "Squared distances of unit vectors: alignment is the mean over positive pairs (0 the same, 4 opposite; smaller is closer), "
      + "uniformity the log of the mean Gaussian potential of all pairs (smaller is more evenly spread)."
      + (analysis.centred ? " The mean vector was subtracted first." : ""))];
  const rows = analysis.models.flatMap((model) => [
    cells(model.name, "uniformity", "–", three(model.uniformity), span(model.uniformity_interval), "–"),
    ...Object.entries(model.pairs).map(([kind, part]) =>
      cells(model.name, `alignment, ${kind} pairs`, count(part.pairs), three(part.alignment), span(part.interval), three(part.chance)))]);
  content.push(table("Alignment and uniformity", [["model"], ["measure"], ["pairs", "number"], ["value", "number"], ["95 % interval", "interval"], ["pairs by chance", "number"]], rows));
  const changes = analysis.changes.flatMap((change) => Object.entries(change.measures).map(([name, part]) =>
    cells(`${change.from} → ${change.to}`, name, three(part.difference), span(part.interval), part.is_real === null ? "–" : part.is_real ? "yes" : "no")));
  if (changes.length) content.push(make("h3", { class: "gap" }, "Changes from model to model"),
    table("Changes", [["models"], ["measure"], ["difference", "number"], ["95 % interval", "interval"], ["real"]], changes));
  for (const model of analysis.models) {
    content.push(make("h3", { class: "gap" }, `${model.name}, layer ${model.layer}`), make("div", { class: "pictures" }, pictures(model.pictures)),
      table(`Families in ${model.name}`, [["family"], ["records", "number"], ["alignment", "number"], ["95 % interval", "interval"], ["uniformity", "number"], ["95 % interval", "interval"], ["to other families", "number"]],
        model.by_family.map((part) => cells(part.family, count(part.records), three(part.alignment), span(part.interval), three(part.uniformity), span(part.uniformity_interval), three(part.others)))));
  }
  return content;
}

function gainsView(analysis) {
  const { runs } = analysis;
  const heads = runs.map((run) => [run, "number"]);
  const step = (part) => `${part.from} → ${part.to}: ${points(part.difference)} (${points(part.interval[0])} … ${points(part.interval[1])})${part.is_real ? ", real" : ""}`;
  const content = [make("h3", { class: "gap" }, "Which stage brought what"),
    table("Gains by task", [["task"], ["metric"], ["items", "number"], ...heads, ["differences in points, 95 % interval"]],
      analysis.tasks.map((task) => cells(task.task, task.metric, count(task.items), ...task.values.map(percent), make("ul", {}, task.steps.map((part) => make("li", {}, step(part))))))),
    make("h3", { class: "gap" }, "Families and scenes"),
    table("Gains by family", [["family"], ["kind"], ["tasks", "number"], ...heads], analysis.families.map((part) => cells(part.family, part.kind, count(part.tasks), ...part.values.map(percent)))),
    make("h3", { class: "gap" }, "Symbols against general ability"),
    table("Trade-off", [["run"], ["symbolic", "number"], ["delegated", "number"], ["general", "number"]],
      analysis.trade_off.map((part) => cells(part.run, percent(part.symbolic), percent(part.delegate), percent(part.general)))),
    make("div", { class: "pictures" }, pictures(analysis.pictures))];
  for (const [kind, flows] of Object.entries(analysis.outcomes)) for (const flow of flows) {
    const ends = [...new Set(Object.values(flow.matrix).flatMap(Object.keys))].sort();
    content.push(make("h3", { class: "gap" }, `Outcomes that moved, ${kind}: ${flow.from} (rows) → ${flow.to} (columns)`),
      table(`Outcomes ${flow.from} to ${flow.to}`, [["before"], ...ends.map((end) => [words(end), "number"])],
        Object.entries(flow.matrix).map(([start, row]) => cells(words(start), ...ends.map((end) => count(row[end] || 0))))));
  }
  if (analysis.buckets.length) content.push(make("h3", { class: "gap" }, "Right by length and nesting"),
    table("Right by length and nesting", [["kind"], ["measure"], ["from … to"], ["items", "number"], ...heads],
      analysis.buckets.map((part) => cells(part.kind, part.measure, part.bucket, count(part.items), ...part.values.map(percent)))));
  return content;
}
