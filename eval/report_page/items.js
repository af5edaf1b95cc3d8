// The item browser: filters on small numbers, texts unpacked when they are shown.

const PAGE = 25;
const SEARCHED = ["id", "prompt", "symbol", "output", "gold", "answer", "gold_answer", "message"];
let current = null;
let matching = [];
let shown = 0;
let asked = 0; // the number of the newest filter: an older one that is still unpacking gives up

const unpacked = new Map(); // "run/chunk" -> items, the newest few
async function chunkOf(run, number) {
  const name = `${data.runs.indexOf(run)}/${number}`;
  if (!unpacked.has(name)) {
    const bytes = Uint8Array.from(atob(run.items.chunks[number]), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    if (unpacked.size > 30) unpacked.delete(unpacked.keys().next().value);
    unpacked.set(name, new Response(stream).json());
  }
  return unpacked.get(name);
}

async function itemAt(run, place) {
  const { chunk } = run.items;
  return (await chunkOf(run, Math.floor(place / chunk)))[place % chunk];
}

function options(select, all, values) {
  select.replaceChildren(make("option", { value: "" }, all),
    ...[...values].map(([value, name, number]) => make("option", { value }, `${name} (${count(number)})`)));
}

// [place in the list of names, name, number of items] of a column, sorted by name.
function tally(items, column, names) {
  const counts = names.map(() => 0);
  for (let i = column; i < items.rows.length; i += 3) counts[items.rows[i]] += 1;
  return names.map((name, i) => [String(i), column === 1 ? words(name) : name, counts[i]]).sort(([, a], [, b]) => (a < b ? -1 : 1));
}

async function filter(run) {
  const number = ++asked;
  const wanted = ["filter-task", "filter-outcome", "filter-model"].map((id) => byId(id).value);
  const text = byId("filter-text").value.trim().toLowerCase();
  const { rows } = run.items;
  let found = [];
  for (let i = 0; i < run.items.count; i++)
    if (wanted.every((value, column) => value === "" || rows[3 * i + column] === Number(value))) found.push(i);
  if (text) {
    byId("item-count").textContent = "Searching …";
    const kept = [];
    for (const place of found) {
      const item = await itemAt(run, place);
      if (number !== asked) return;
      if (SEARCHED.some((field) => (item[field] || "").toLowerCase().includes(text))) kept.push(place);
    }
    found = kept;
  }
  matching = found;
  shown = 0;
  byId("item-list").replaceChildren();
  await showMore(number);
}

async function showMore(number = ++asked) {
  const run = current;
  const next = matching.slice(shown, shown + PAGE);
  let views;
  try {
    views = await Promise.all(next.map(async (place) => itemView(await itemAt(run, place), run, place)));
  } catch (error) {
    byId("item-count").textContent = `This browser cannot unpack the items (${error.message}). A newer one can.`;
    return;
  }
  if (number !== asked) return;
  byId("item-list").append(...views);
  shown += next.length;
  byId("item-count").textContent = matching.length
    ? `${count(matching.length)} items match; ${count(shown)} shown` : "No item matches.";
  byId("more").hidden = shown >= matching.length;
}

function itemView(item, run, place) {
  const outcome = item.outcome || "not scored";
  const view = make("details", { class: "item" }, make("summary", {},
    make("span", { class: `badge ${groupOf(outcome)}` }, words(outcome)),
    make("span", { class: "task" }, breakable(run.items.labels[run.items.rows[3 * place]])), " ",
    make("span", { class: "first" }, (item.symbol || item.output || "").split("\n")[0].slice(0, 90))));
  // The body is made when it is opened.
  view.addEventListener("toggle", () => {
    if (!view.open || view.querySelector("dl")) return;
    const body = make("dl");
    const row = (title, text, ...drawn) => text && body.append(make("dt", {}, title),
      make("dd", {}, make("pre", { tabindex: "0", "aria-label": title }, text), ...drawn));
    row("Prompt", item.prompt);
    if (item.world_view) body.append(make("dt", {}, worldName(item.world_view)), make("dd", {}, worldView(item.world_view)));
    row("Model wrote", item.output);
    row("Symbol", coloured(item.format, item.symbol || "(none)"), ...drawings(item, "symbol"));
    if (item.gold && item.gold === item.symbol) body.append(make("dt", {}, "Gold symbol"), make("dd", { class: "quiet" }, "the same"));
    else row("Gold symbol", item.gold && coloured(item.format, item.gold), ...drawings(item, "gold"));
    if (item.answer_view) body.append(make("dt", {}, "Solver's answer"), make("dd", {}, answerView(item.answer_view)));
    else row("Solver's answer", item.answer);
    row("Gold answer", item.gold_answer);
    row("Message", item.message);
    if (item.finish && item.finish !== "stop") row("Generation", words(item.finish));
    const model = run.items.models[run.items.rows[3 * place + 2]];
    row("Item", `${item.id} of run ${item.run}${model ? `, model ${model}` : ""}`);
    view.append(body);
  });
  return view;
}
