// Everything is defined: show the first run.

function show(run) {
  current = run;
  byId("run-name").textContent = run.name;
  for (const part of [showNotes, showCards, showScenes, showTasks, showTraining, showCollection, showAnalyses]) part(run);
  const { items } = run;
  options(byId("filter-task"), `all tasks (${count(items.count)})`, tally(items, 0, items.labels));
  options(byId("filter-outcome"), "all outcomes", tally(items, 1, items.outcomes));
  options(byId("filter-model"), "all models", tally(items, 2, items.models));
  hide("items", !items.count);
  filter(run);
}

byId("filters").addEventListener("input", () => filter(current));
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("more").addEventListener("click", () => showMore());
byId("made").textContent = `Made by symbol-llm ${data.version}. This page needs no network.`;
byId("run").append(...data.runs.map((run, i) => make("option", { value: i }, run.name)));
byId("run").addEventListener("change", (event) => show(data.runs[event.target.value]));
byId("run-choice").hidden = data.runs.length < 2;
showRuns(data.runs);
show(data.runs[0]);
