// What symbols, their worlds and their answers look like. All that is drawn are numbers, names of ours, and texts.

function drawings(item, side) {
  const view = item[`${side}_view`];
  if (view && view.paths) return [molecule(view, item[side])];
  if (view && view.tree) return [folded("as a tree", make("ul", { class: "tree" }, branch(view.tree)))];
  if (view && view.nodes) return [stepGraph(view)];
  const steps = item.format === "pddl" && item[side] ? planSteps(item[side]) : [];
  return steps.length > 1 ? [folded(`${steps.length} steps`, make("ol", {}, steps.map((step) => make("li", {}, step))))] : [];
}

const worldName = (view) => (view.objects ? "Scene" : view.boxes ? "Scene graph" : view.points ? "Diagram" : view.tables.length > 1 ? "Tables" : "Table");

function worldView(view) {
  if (view.objects) return scene(view);
  if (view.boxes) return sceneGraph(view);
  if (view.points) return diagram(view);
  return make("div", { class: "tables" }, view.tables.map(dataTable));
}

function answerView(view) {
  const left = view.more ? `${count(view.more)} more` : "";
  if (view.rows) return dataTable({ name: "", columns: [], labels: [], rows: view.rows, more: view.more });
  const fact = (mark, text) => make("li", { class: mark }, `${mark === "now" ? "+" : "−"} ${text}`);
  const steps = view.steps.map(([step, now, gone]) => make("li", {}, make("code", {}, step),
    now.length + gone.length ? make("ul", { class: "facts", "aria-label": "what holds now (+) and no longer (−)" }, now.map((text) => fact("now", text)), gone.map((text) => fact("gone", text))) : null));
  return make("div", {}, make("ol", { class: "plan" }, steps), left ? make("p", { class: "quiet" }, `… ${left}`) : null);
}

const folded = (title, content) => make("details", { class: "drawn", open: "" }, make("summary", {}, title), content);

function picture(name, width, height, said, ...content) {
  return draw("svg", { class: `drawing ${name}`, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": said }, draw("title", {}, said), ...content);
}

function molecule(view, text) {
  const svg = draw("svg", { class: "molecule", viewBox: `0 0 ${Number(view.width)} ${Number(view.height)}`, role: "img", "aria-label": `molecule ${text}` });
  for (const [colour, isFilled, d] of view.paths)
    svg.append(draw("path", isFilled ? { d, fill: colour } : { d, fill: "none", stroke: colour, "stroke-width": 2 }));
  return svg;
}

const branch = ([name, children]) =>
  make("li", {}, make("code", {}, name), children.length ? make("ul", {}, children.map(branch)) : null);

// CLEVR's eight colours as its renderer has them; a colour that is none of them is shown by its name alone.
const PAINTS = new Map(Object.entries({ gray: "#7d7d7d", red: "#c23a3a", blue: "#3a5fd0", green: "#2c8a3d", brown: "#8a5a2b", purple: "#8a3ab9", cyan: "#2bb5b5", yellow: "#e3c92f" }));

function scene({ objects }) {
  const [width, height] = [420, 230];
  const svg = picture("scene-drawing", width, height, `Scene: ${objects.map(thingName).join(", ")}`);
  for (const thing of objects) {
    const [shape, size, color, material, x, y] = thing;
    const r = size === "small" ? 13 : 24;
    const [cx, cy] = [40 + (width - 80) * x, 34 + (height - 72) * y];
    const paint = PAINTS.get(color) || "#999999";
    const solid = { fill: paint, stroke: "#00000088", "stroke-width": 1 };
    const side = (d, light) => [draw("path", { d, ...solid }), light ? draw("path", { d, fill: light }) : null];
    const parts = [draw("title", {}, thingName(thing)), draw("ellipse", { cx, cy: cy + r * 0.85, rx: r * 1.05, ry: r * 0.3, fill: "#00000030" })];
    if (shape === "cube") {
      const [w, k] = [r * 0.8, r * 0.45];
      parts.push(...side(`M${cx - w} ${cy - w + k}h${2 * w - k}v${2 * w - k}h${-2 * w + k}z`),
        ...side(`M${cx - w} ${cy - w + k}l${k} ${-k}h${2 * w - k}l${-k} ${k}z`, "#ffffff55"),
        ...side(`M${cx + w - k} ${cy - w + k}l${k} ${-k}v${2 * w - k}l${-k} ${k}z`, "#00000040"));
    } else if (shape === "cylinder") {
      const [w, h, e] = [r * 0.75, r * 0.7, r * 0.26];
      const lid = { cx, cy: cy - h, rx: w, ry: e };
      parts.push(...side(`M${cx - w} ${cy - h}v${2 * h}a${w} ${e} 0 0 0 ${2 * w} 0v${-2 * h}z`), draw("ellipse", { ...lid, ...solid }), draw("ellipse", { ...lid, fill: "#ffffff55" }));
    } else if (shape === "sphere") {
      parts.push(draw("circle", { cx, cy, r: r * 0.9, ...solid }));
    } else {
      parts.push(draw("rect", { x: cx - r / 2, y: cy - r / 2, width: r, height: r, ...solid }), draw("text", { x: cx, y: cy + r + 8, "text-anchor": "middle" }, shape));
    }
    // Metal shines, rubber does not.
    if (material === "metal") parts.push(draw("ellipse", { cx: cx - r * 0.3, cy: cy - r * 0.32, rx: r * 0.24, ry: r * 0.14, fill: "#ffffffcc", transform: `rotate(-35 ${cx - r * 0.3} ${cy - r * 0.32})` }));
    svg.append(draw("g", {}, parts));
  }
  return make("figure", { class: "world" }, svg, make("figcaption", {}, objects.map(thingName).join(" · ")));
}

const thingName = ([shape, size, color, material]) => `${size} ${color} ${material} ${shape}`;

function sceneGraph({ boxes, width, height }) {
  const svg = picture("graph-drawing", Number(width), Number(height), `Scene graph: ${boxes.map(([name]) => name).join(", ")}`);
  const size = Math.max(9, width / 38);
  for (const [name, x, y, w, h, isNamed, attributes] of boxes)
    svg.append(draw("g", { class: isNamed ? "named" : "" }, draw("title", {}, attributes ? `${name}: ${attributes}` : name),
      draw("rect", { x, y, width: w, height: h, "vector-effect": "non-scaling-stroke" })));
  // Names above all boxes, those of the symbol first; one that would cover another is left to the list below.
  const written = [];
  for (const [name, x, y, w, h, isNamed] of [...boxes].reverse()) {
    const wide = name.length * size * 0.6;
    const spots = [[x + 3, y + size], [x + 3, y + h - 4], [x + w - wide - 3, y + size]].map(([left, base]) => [Math.max(2, Math.min(left, width - wide)), Math.max(size, Math.min(base, height - 3))]);
    const spot = spots.find(([left, base]) => written.every(([l, b, r]) => left + wide < l || left > r || Math.abs(base - b) > size));
    if (!spot || (!isNamed && w * h < (width * height) / 200)) continue;
    written.push([spot[0], spot[1], spot[0] + wide]);
    svg.append(draw("g", { class: isNamed ? "named" : "" }, draw("text", { x: spot[0], y: spot[1], "font-size": size }, name)));
  }
  const rows = boxes.map(([name, , , , , isNamed, attributes, relations]) => ({ isTotal: false, cells: [isNamed ? make("strong", {}, name) : name, attributes, relations] }));
  rows.reverse();
  return make("figure", { class: "world" }, svg,
    make("details", { class: "drawn" }, make("summary", {}, `${boxes.length} objects`), table("Objects of the scene", [["object"], ["attributes"], ["relations"]], rows)));
}

function diagram({ points, lines, circles, facts }) {
  const ends = [...points.map(([, x, y]) => [x, y]), ...circles.flatMap(([x, y, r]) => [[x - r, y - r], [x + r, y + r]])];
  const [left, right] = [Math.min(...ends.map(([x]) => x)), Math.max(...ends.map(([x]) => x))];
  const [top, bottom] = [Math.min(...ends.map(([, y]) => y)), Math.max(...ends.map(([, y]) => y))];
  const scale = 220 / Math.max(right - left, bottom - top, 1);
  const at = (x, y) => [24 + (x - left) * scale, 24 + (y - top) * scale];
  const svg = picture("figure-drawing", 48 + (right - left) * scale, 48 + (bottom - top) * scale, `Diagram with points ${points.map(([name]) => name).join(", ")}`);
  for (const [x, y, r] of circles) { const [cx, cy] = at(x, y); svg.append(draw("circle", { class: "stroke", cx, cy, r: r * scale })); }
  for (const [x, y, u, v] of lines) { const [[x1, y1], [x2, y2]] = [at(x, y), at(u, v)]; svg.append(draw("line", { class: "stroke", x1, y1, x2, y2 })); }
  const middle = at((left + right) / 2, (top + bottom) / 2);
  for (const [name, x, y] of points) {
    const [cx, cy] = at(x, y);
    svg.append(draw("circle", { cx, cy, r: 2.5 }), draw("text", { x: cx + (cx < middle[0] ? -8 : 8), y: cy + (cy < middle[1] ? -7 : 15), "text-anchor": cx < middle[0] ? "end" : "start" }, name));
  }
  return make("figure", { class: "world" }, svg, facts.length ? make("ul", { class: "diagram-facts" }, facts.map((fact) => make("li", {}, make("code", {}, fact)))) : null);
}

function stepGraph({ nodes, edges }) {
  const [w, h, gap] = [92, 34, 38];
  const rows = Math.max(...nodes.map(([, , row]) => row)) + 1;
  const columns = Math.max(...nodes.map(([, column]) => column)) + 1;
  const heights = Array.from({ length: columns }, (_, column) => nodes.filter(([, own]) => own === column).length);
  const at = ([, column, row]) => [8 + column * (w + gap), 8 + (row + (rows - heights[column]) / 2) * (h + 14)];
  const [width, height] = [columns * (w + gap) - gap + 16, rows * (h + 14) + 4];
  const svg = picture("step-drawing", width, height, `Graph of ${nodes.length} steps`);
  for (const [from, to, time] of edges) {
    const [[x1, y1], [x2, y2]] = [at(nodes[from]), at(nodes[to])];
    const [a, b] = [[x1 + w, y1 + h / 2], [x2 - 5, y2 + h / 2]];
    svg.append(draw("path", { class: "stroke", d: `M${a} C${a[0] + gap / 2} ${a[1]} ${b[0] - gap / 2} ${b[1]} ${b}` }), draw("path", { class: "tip", d: `M${x2} ${b[1]}l-7 -4v8z` }));
    if (time) svg.append(draw("text", { x: (a[0] + b[0]) / 2, y: (a[1] + b[1]) / 2 - 3, "text-anchor": "middle" }, time));
  }
  for (const node of nodes) {
    const [x, y] = at(node);
    const [name, , , time] = node;
    svg.append(draw("g", {}, draw("title", {}, time ? `${name}: ${time}` : name), draw("rect", { class: "node", x, y, width: w, height: h, rx: 5 }),
      draw("text", { x: x + w / 2, y: y + (time ? 14 : 21), "text-anchor": "middle" }, short(name, 13)),
      time ? draw("text", { class: "soft", x: x + w / 2, y: y + 28, "text-anchor": "middle" }, short(time, 14)) : null));
  }
  svg.style.width = `${width}px`;
  return make("div", { class: "drawn wide", tabindex: "0", role: "region", "aria-label": "Graph of steps" }, svg);
}

const short = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

// A few rows of a table, or the answer of a query, whose columns have no names.
function dataTable({ name, columns, labels, rows, more, wider }) {
  const heads = columns.map((column, i) => make("th", { scope: "col" }, column, labels[i] ? make("span", { class: "quiet" }, labels[i]) : null));
  const left = [more ? `${count(more)} more ${more === 1 ? "row" : "rows"}` : "", wider ? `${count(wider)} more columns` : ""].filter(Boolean).join(", ");
  const said = name ? `Table ${name}` : "Rows of the answer";
  return make("figure", { class: "world" }, name ? make("figcaption", {}, make("code", {}, name)) : null,
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": said },
      make("table", { class: "data" }, heads.length ? make("thead", {}, make("tr", {}, heads)) : null,
        make("tbody", {}, rows.map((row) => make("tr", {}, row.map((cell) => make("td", {}, cell))))))),
    left ? make("p", { class: "quiet" }, `… ${left}`) : null);
}

// "(move a b)" on lines of their own; a domain or problem is no plan.
function planSteps(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith(";"));
  return lines.every((line) => /^\([^()]+\)$/.test(line)) ? lines.map((line) => line.slice(1, -1)) : [];
}

// Texts, comments, figures and words of a language, in this order.
const WORDS = {
  sql: "select|from|where|join|left|right|inner|outer|cross|natural|on|using|group|order|by|having|limit|offset|distinct|as|and|or|not|in|is|null|like|between|exists|case|when|then|else|end|union|intersect|except|all|asc|desc|count|sum|avg|min|max|cast|with|over|partition",
  python: "def|return|if|elif|else|for|while|in|not|and|or|is|import|from|as|lambda|class|with|try|except|raise|pass|break|continue|None|True|False",
  java: "public|private|protected|static|final|void|int|long|double|boolean|char|class|interface|extends|implements|return|if|else|for|while|do|switch|case|break|continue|new|this|super|null|true|false|throws|throw|try|catch|finally|import",
  go: "func|return|if|else|for|range|var|const|type|struct|interface|map|chan|go|defer|select|switch|case|default|break|continue|package|import|nil|true|false",
  bash: "if|then|else|elif|fi|for|in|do|done|while|until|case|esac|function|find|grep|sed|awk|xargs|sort|uniq|cut|head|tail|wc|cat|ls|rm|cp|mv|mkdir|chmod|chown|tar|exec|name|type",
  sparql: "select|distinct|where|filter|prefix|order|by|limit|optional|union|ask|count|group|having|exists|not|in|xsd",
  pddl: "define|domain|problem|and|or|not|forall|exists|when|imply|either",
};
const COMMENTS = { sql: "--[^\\n]*", python: "#[^\\n]*", bash: "#[^\\n]*", pddl: ";[^\\n]*", java: "//[^\\n]*", go: "//[^\\n]*", sparql: "$^" };
WORDS.math_program = WORDS.python;
COMMENTS.math_program = COMMENTS.python;
const SIGNS = { fol: /()()(\b\d+\b)|([∀∃∧∨¬→↔⊕=]|\b(?:True|False)\b)/g };
for (const [language, words] of Object.entries(WORDS))
  SIGNS[language] = new RegExp(`('(?:[^'\\n]|'')*'|"[^"\\n]*"|\`[^\`\\n]*\`)|(${COMMENTS[language]})|(?<![\\w-])(\\d+(?:\\.\\d+)?)\\b|(?<![\\w-])(${words})(?![\\w-])`, language === "sql" || language === "sparql" ? "gi" : "g");
const KINDS = ["text", "comment", "figure", "word"];

function coloured(format, text) {
  const signs = Object.hasOwn(SIGNS, format || "") ? SIGNS[format] : null;
  if (!signs || text.length > 4000) return text;
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(signs)) {
    const kind = match.slice(1).findIndex(Boolean);
    if (kind < 0) continue;
    pieces.push(text.slice(end, match.index), make("span", { class: `code-${KINDS[kind]}` }, match[0]));
    end = match.index + match[0].length;
  }
  return [...pieces, text.slice(end)];
}
