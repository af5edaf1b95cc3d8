"use strict";
// All text reaches the page through textContent: what a model wrote can never become markup.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  for (const child of children.flat()) if (child !== null && child !== undefined) element.append(child);
  return element;
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const count = (value) => (isNumber(value) ? value.toLocaleString("en") : "–");
const percent = (value) => (isNumber(value) ? `${(100 * value).toFixed(1)} %` : "–");
const share = (part, whole) => (isNumber(part) && whole > 0 ? part / whole : null);
const add = (values) => values.filter(isNumber).reduce((sum, value) => sum + value, 0);
const isInterval = (value) => Array.isArray(value) && value.length >= 2 && isNumber(value[0]) && isNumber(value[1]);
const between = (value) =>
  isInterval(value) ? `${(100 * value[0]).toFixed(1)} … ${(100 * value[1]).toFixed(1)}` : "–";
// What was counted: items, or the samples of all items where each was asked for more than once.
const outputs = (part) => (part.samples && isNumber(part.samples.outputs) ? part.samples.outputs : part.items);
const accuracy = (part) => (isNumber(part.accuracy) ? part.accuracy : share(part.correct, outputs(part)));

// What the paper prints for the same task, in percent, its 7B model before its 13B model.
function paper(published) {
  const values = (published && published.values) || {};
  return ["7B Symbol-LLM", "13B Symbol-LLM"].map((model) => values[model]).filter(isNumber).map((value) => value.toFixed(1)).join(" / ");
}

function duration(seconds) {
  if (!isNumber(seconds)) return "–";
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

// Outcomes in five groups; each has a colour, a texture and a name.
const GROUPS = [
  ["correct", "answer correct", ["correct", "exact", "equivalent"]],
  ["wrong", "executed, answer wrong", ["wrong", "different", "undecided"]],
  ["language", "no valid symbol", ["no_symbol", "parse_error", "rejected", "unparsed"]],
  ["run", "solver gave no valid answer", []],
  ["ours", "fault of benchmark or machine", ["gold_error", "sandbox_error"]],
];
const groupOf = (outcome) => (GROUPS.find(([, , members]) => members.includes(outcome)) || GROUPS[3])[0];
// A name that may break after its underscores and dots.
const breakable = (name) => String(name).split(/(?<=[_.])/).flatMap((part, i) => (i ? [make("wbr"), part] : [part]));
const words = (outcome) => String(outcome).replaceAll("_", " ");

const key = (group) => make("span", { class: `key ${group}`, "aria-hidden": "true" });

function stack(outcomes) {
  const said = outcomes.map(([outcome, number]) => `${words(outcome)} ${count(number)}`).join(", ");
  const pieces = outcomes.map(([outcome, number]) => {
    const piece = make("span", { class: groupOf(outcome), title: `${words(outcome)} ${count(number)}` });
    piece.style.flexGrow = number;
    return piece;
  });
  return make("div", { class: "stack", role: "img", "aria-label": said }, pieces);
}

function table(caption, columns, rows, kind = "") {
  const head = columns.map(([title, kind]) => make("th", { scope: "col", class: kind || "" }, title));
  const body = rows.map((row) =>
    make("tr", { class: row.isTotal ? "total" : "" },
      row.cells.map((cell, i) => make(i ? "td" : "th", { class: columns[i][1] || "", ...(i ? {} : { scope: "row" }) }, cell))));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    make("table", { class: kind }, make("thead", {}, make("tr", {}, head)), make("tbody", {}, body)));
}

function bar(value, interval) {
  const text = `${percent(value)}, 95 % interval ${between(interval)}`;
  const svg = draw("svg", { class: "bar", viewBox: "0 0 144 18", role: "img", "aria-label": text },
    draw("title", {}, text), draw("rect", { class: "track", x: 2, y: 5, width: 140, height: 8 }));
  if (isNumber(value)) svg.append(draw("rect", { class: "value", x: 2, y: 5, width: 140 * value, height: 8 }));
  if (isInterval(interval)) {
    const [low, high] = interval.map((end) => 2 + 140 * end);
    for (const [x1, y1, x2, y2] of [[low, 9, high, 9], [low, 4, low, 14], [high, 4, high, 14]])
      svg.append(draw("line", { class: "interval", x1, y1, x2, y2 }));
  }
  return svg;
}

function section(id, about, ...content) {
  const place = byId(id);
  place.querySelectorAll(":scope > :not(h2)").forEach((old) => old.remove());
  place.append(make("p", { class: "about" }, about), ...content);
  hide(id, !content.length);
}

// A section without content is not shown, nor is its link.
function hide(id, isHidden) {
  byId(id).hidden = isHidden;
  document.querySelector(`nav a[href="#${id}"]`).hidden = isHidden;
}

function showNotes(run) {
  const notes = run.notes.map((note) => make("li", {}, note));
  const absent = run.absent.length ? [make("p", { class: "quiet" }, `Not in this run: ${run.absent.join(", ")}.`)] : [];
  byId("notes").replaceChildren(...absent, ...(notes.length
    ? [make("details", { class: "notes", ...(notes.length < 4 ? { open: "" } : {}) },
        make("summary", {}, `${notes.length} ${notes.length === 1 ? "note" : "notes"} on what is shown`), make("ul", {}, notes))]
    : []));
}

function showCards(run) {
  const cards = [];
  const card = (label, number, detail) => cards.push(make("div", { class: "card" },
    make("p", { class: "label" }, label), make("p", { class: "number" }, number), make("p", { class: "detail" }, detail)));
  for (const [scene, parts] of grouped(run.scenes)) {
    const number = add(parts.map(outputs));
    card(scene, percent(share(add(parts.map((part) => part.correct)), number)), `right of ${count(number)} delegated`);
  }
  const values = run.tasks.map((task) => task.value).filter(isNumber);
  if (values.length) card("symbols", percent(add(values) / values.length), `plain mean of ${values.length} tasks`);
  const kept = add(run.collection.map((task) => task.kept));
  if (run.collection.length) card("records", count(kept), `kept of ${count(add(run.collection.map((task) => task.read)))} rows`);
  for (const curve of run.training) card(`${curve.stage} loss`, curve.points.at(-1)[1].toPrecision(3), `after ${count(curve.points.at(-1)[0])} steps`);
  const seconds = Object.values(run.seconds).filter(isNumber);
  if (seconds.length) card("time", duration(isNumber(run.seconds.total) ? run.seconds.total : add(seconds)), "for all steps");
  byId("cards").replaceChildren(...cards);
}

function grouped(parts) {
  const scenes = new Map();
  for (const part of parts) scenes.set(part.scene, [...(scenes.get(part.scene) || []), part]);
  return scenes;
}

function showScenes(run) {
  const legend = make("ul", { class: "legend", "aria-label": "Legend" }, GROUPS.map(([group, text]) => make("li", {}, key(group), text)));
  const cards = run.scenes.map((part) => {
    const outcomes = Object.entries(part.outcomes || {}).filter(([, number]) => isNumber(number) && number > 0);
    const order = GROUPS.map(([group]) => group);
    outcomes.sort(([a], [b]) => order.indexOf(groupOf(a)) - order.indexOf(groupOf(b)));
    const majority = part.majority && isNumber(part.majority.accuracy)
      ? ` · always “${part.majority.answer}” would give ${percent(part.majority.accuracy)}` : "";
    const ceiling = isNumber(part.gold_correct) ? ` · gold symbols give ${percent(share(part.gold_correct, part.items))}` : "";
    const printed = paper(part.published) ? ` · the paper reports ${paper(part.published)} (7B / 13B)` : "";
    return make("article", { class: "scene" },
      make("div", { class: "head" },
        make("h3", {}, breakable(`${part.scene}: ${part.benchmark || ""}`)),
        make("span", { class: "quiet" }, [part.solver, part.engine].filter(Boolean).join(" · ")),
        make("span", { class: "score" }, make("strong", {}, percent(accuracy(part))), ` (${between(part.interval)}) of ${count(part.items)}${part.samples ? " items" : ""}`)),
      outcomes.length ? stack(outcomes) : null,
      make("ul", {}, outcomes.map(([outcome, number]) => make("li", {}, key(groupOf(outcome)), `${words(outcome)} ${count(number)}`))),
      make("p", { class: "quiet" }, `executed ${count(part.executed)} · correct ${count(part.correct)} · ${percent(share(part.correct, part.executed))} of executed${majority}${ceiling}${printed}`));
  });
  const sampled = samplesTable("Right answers of several samples", run.scenes.map((part) => [part.benchmark, part.samples]));
  section("scenes", "The model writes a symbol, a real solver executes it, and only the answer counts. Every item is in the denominator; "
    + "what could not be executed is never guessed. Intervals are at the 95 % level.", ...(cards.length ? [legend, ...cards, ...sampled] : []));
}

function showTasks(run) {
  const columns = [["task"], ["score", "number"], ["95 % interval", "interval"], ["metric"], ["items", "number"], ["exact", "number"], ["parsed", "number"],
    ["equivalent", "number"], ["different", "number"], ["undecided", "number"]];
  const hasPaper = run.tasks.some((task) => paper(task.published));
  if (hasPaper) columns.push(["paper 7B / 13B", "number"]);
  const rows = run.tasks.map((task) => {
    const verdicts = task.equivalent || {};
    return { cells: [breakable(task.task), percent(task.value), make("div", {}, bar(task.value, task.interval), make("span", { class: "quiet" }, between(task.interval))),
      task.metric || "–", count(task.items),
      count(task.exact), count(task.parsed), count(verdicts.yes), count(verdicts.no), count(verdicts.unknown), ...(hasPaper ? [paper(task.published) || "–"] : [])] };
  });
  const values = run.tasks.map((task) => task.value).filter(isNumber);
  if (values.length > 1) rows.push({ isTotal: true, cells: ["plain mean", percent(add(values) / values.length), ...columns.slice(2).map(() => "")] });
  section("tasks", "Held-out test records. The score is the field's own metric; equivalent means the same by proof or execution. "
    + "Tasks ending in .evolved ask the same under names the model has never seen.", ...(rows.length ? [table("Symbolic scores", columns, rows), ...samplesTable("Equivalent symbols of several samples", run.tasks.map((task) => [task.task, task.samples]))] : []));
}

// pass@k and the vote of what was asked for more than once.
function samplesTable(title, parts) {
  const sampled = parts.filter(([, samples]) => samples && samples.pass_at);
  if (!sampled.length) return [];
  const sizes = [...new Set(sampled.flatMap(([, { pass_at: rates }]) => Object.keys(rates)))].sort((a, b) => a - b);
  const said = (value, interval) => [percent(value), isInterval(interval) ? make("span", { class: "quiet under" }, between(interval)) : null];
  const rows = sampled.map(([name, { outputs: number, pass_at: rates, vote }]) => {
    const voted = vote || {};
    const abstained = isNumber(voted.without_answer) && voted.without_answer ? make("span", { class: "quiet under" }, `no answer in ${count(voted.without_answer)}`) : null;
    return { cells: [breakable(name || ""), count(number), ...sizes.map((k) => (rates[k] ? said(rates[k].value, rates[k].interval) : "–")),
      [...said(isNumber(voted.accuracy) ? voted.accuracy : voted.value, voted.interval), abstained]] };
  });
  return [make("h3", { class: "gap" }, title),
    make("p", { class: "about" }, "pass@k: at least one of k samples is right. Vote: the answer that most samples agree on."),
    table(title, [["task"], ["outputs", "number"], ...sizes.map((k) => [`pass@${k}`, "number"]), ["vote", "number"]], rows)];
}

// Several runs: one row per number, one column per run.
function showRuns(all) {
  const numbers = (run) => [
    ...run.scenes.map((part) => [`${part.scene}: ${part.benchmark || ""}`, percent(accuracy(part)), part.interval]),
    ...run.tasks.map((task) => [`${task.task}, ${task.metric || "score"}`, percent(task.value), task.interval]),
    ...run.training.map((curve) => [`${curve.stage} loss, last logged`, curve.points.at(-1)[1].toPrecision(3)]),
    ...(run.collection.length ? [["records kept", count(add(run.collection.map((task) => task.kept)))]] : []),
    ...(isNumber(run.seconds.total) ? [["time", duration(run.seconds.total)]] : []),
  ];
  const runs = all.filter((run) => numbers(run).length);
  const columns = runs.map((run) => new Map(numbers(run).map(([name, ...cell]) => [name, cell])));
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  // Runs of unlike tasks have unlike rows: what most runs have comes first.
  const shared = (name) => columns.filter((column) => column.has(name)).length;
  names.sort((a, b) => shared(b) - shared(a));
  const rows = names.map((name) => ({ cells: [breakable(name), ...columns.map((column) => {
    const [value, interval] = column.get(name) || ["–"];
    return [value, isInterval(interval) ? make("span", { class: "quiet" }, ` (${between(interval)})`) : null];
  })] }));
  section("runs", "Each run by itself, with 95 % intervals. Whether a difference is real, item by item: symbol-llm eval compare.",
    ...(runs.length > 1 && rows.length ? [table("Runs side by side", [["what"], ...runs.map((run) => [run.name, "number"])], rows, "narrow")] : []));
}

function showTraining(run) {
  const curves = run.training.map(({ stage, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    const said = `${stage}: loss ${first[1].toPrecision(3)} at step ${count(first[0])}, ${last[1].toPrecision(3)} at step ${count(last[0])}`;
    return make("figure", {}, make("figcaption", {}, said), plot(points, said));
  });
  const steps = Object.entries(run.seconds).sort(([a], [b]) => (a === "total") - (b === "total")).map(([step, seconds]) => ({ cells: [words(step), duration(seconds)] }));
  const content = curves.length ? [make("div", { class: "curves" }, curves)] : [];
  if (steps.length) content.push(make("h3", { class: "gap" }, "Time per step"), table("Time per step", [["step"], ["time", "number"]], steps, "narrow"));
  section("training", "Loss on the completion's tokens: each logged step thin, a running mean thick.", ...content);
}

function plot(points, said) {
  const [width, height, left, right, top, bottom] = [560, 290, 66, 26, 12, 54];
  const steps = points.map(([step]) => step);
  const losses = points.map(([, loss]) => loss);
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const isLog = low > 0 && high / low > 15;
  const scale = isLog ? Math.log10 : (value) => value;
  const ticks = isLog ? logTicks(low, high) : niceTicks(Math.min(0, low), high, 5);
  const [floor, ceiling] = isLog ? [scale(low), scale(high)] : [ticks[0], Math.max(ticks.at(-1), high)];
  const end = Math.max(...steps) || 1;
  const start = Math.min(...steps);
  const x = (step) => left + ((width - left - right) * (step - start)) / (end - start || 1);
  const y = (loss) => height - bottom - ((height - top - bottom) * (scale(loss) - floor)) / (ceiling - floor || 1);
  const path = (values) => values.map((loss, i) => `${i ? "L" : "M"}${x(steps[i]).toFixed(1)} ${y(loss).toFixed(1)}`).join("");
  const svg = draw("svg", { class: "curve", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": said });
  for (const tick of ticks) svg.append(
    draw("line", { class: "grid", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }),
    draw("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end" }, String(tick)));
  for (const tick of niceTicks(start, end, 5)) if (tick >= start && tick <= end) svg.append(
    draw("text", { x: x(tick), y: height - bottom + 20, "text-anchor": "middle" }, count(tick)));
  svg.append(
    draw("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle" }, "optimiser step"),
    draw("text", { x: 14, y: (top + height - bottom) / 2, transform: `rotate(-90 14 ${(top + height - bottom) / 2})`, "text-anchor": "middle" },
      isLog ? "loss, log scale" : "loss"),
    draw("path", { class: "raw", d: path(losses) }),
    draw("path", { class: "smooth", d: path(smoothed(losses)) }));
  return svg;
}

function smoothed(values) {
  const reach = Math.floor(values.length / 40);
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - reach), i + reach + 1);
    return add(near) / near.length;
  });
}

function niceTicks(low, high, wanted) {
  const rough = (high - low || 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const ticks = [];
  for (let i = Math.floor(low / step); i * step <= high + step / 2; i++) ticks.push(Number((i * step).toPrecision(6)));
  return ticks;
}

function logTicks(low, high) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const factor of [1, 2, 5]) {
      const tick = Number((factor * 10 ** power).toPrecision(3));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  return ticks;
}

function showCollection(run) {
  const names = ["read", "kept", "rejected", "duplicates", "leaks"];
  const columns = [["task"], ["format"], ["origin"], ...names.map((name) => [name, "number"]), ["why rejected"], ["licence", "licence"]];
  const rows = run.collection.map((task) => {
    const reasons = Object.entries(task.reasons || {});
    const why = reasons.length
      ? make("details", {}, make("summary", {}, `${reasons.length} ${reasons.length === 1 ? "reason" : "reasons"}`),
          make("ul", {}, reasons.map(([reason, number]) => make("li", {}, `${words(reason)} ${count(number)}`))))
      : "–";
    return { cells: [breakable(task.task), task.format || "–", task.origin || "–", ...names.map((name) => count(task[name])), why, task.licence || "–"] };
  });
  if (rows.length > 1) rows.push({ isTotal: true, cells: ["all", "", "", ...names.map((name) => count(add(run.collection.map((task) => task[name])))), "", ""] });
  section("collection", "Rows read from the sources, and what became of each: read = kept + rejected + duplicates + leaks.",
    ...(rows.length ? [table("Collection", columns, rows)] : []));
}
