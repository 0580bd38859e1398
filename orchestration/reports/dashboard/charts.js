// Drawing: charts by month as SVG, sized to their place. Text is always text: nothing here or in
// page.js makes markup of a string.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const html = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

// How wide a text of a chart is, in the font of the page.
const ruler = document.createElement("canvas").getContext("2d");
ruler.font = `11.5px ${getComputedStyle(document.body).fontFamily}`;
const textWidth = (text) => ruler.measureText(text).width;

// The months that are named, with where: as many as have room, evenly, the newest among them.
function namedMonths(months, x, width) {
  const wide = months.map((text) => textWidth(text));
  for (const stride of [1, 2, 3, 4, 6, 12, 24, months.length]) {
    const named = months.map((text, index) => ({ text, index }))
      .filter(({ index }) => (months.length - 1 - index) % stride === 0)
      .map(({ text, index }) => ({ text, at: Math.min(x(index), width - wide[index] / 2 - 1), half: wide[index] / 2 }))
      .filter(({ at, half }) => at >= half);
    const isRoomy = named.every(({ at, half }, index) =>
      !index || at - half - named[index - 1].at - named[index - 1].half >= 10);
    if (isRoomy) return named;
  }
  return [];
}

// Round values between two ends, about as many as fit; whole ones where there are no halves.
function ticks(low, high, count, areWhole) {
  const rough = Math.max((high - low) / Math.max(count, 1), areWhole ? 1 : 0);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, at) => (first + at) * step);
}

// The ends of an axis: those of the values, with some room, and 0 where bars or areas stand on it.
function ends(values, withZero) {
  const found = withZero || !values.length ? [0, ...values] : values;
  const [low, high] = [Math.min(...found), Math.max(...found)];
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  // What has no value below 0 has no axis below it.
  const floor = low >= 0 ? Math.max(0, withZero ? low : low - room) : low - room;
  return [floor, high === 0 && withZero ? room : high + room];
}

// The ticks as text, with the places that they need to be exact, and so to differ. `unit` is what a
// tick is divided by where it is written: 1000 for 1K, 0.01 for 1%.
function tickTexts(steps, { text, unit }) {
  const isExact = (count) => steps.every((step) => {
    const shifted = (step / unit(step)) * 10 ** count;
    return Math.abs(shifted - Math.round(shifted)) < 1e-6;
  });
  const places = [0, 1, 2, 3, 4, 5].find(isExact) ?? 6;
  const isScaled = steps.some((step) => unit(step) > 1);
  return steps.map((step) => text(step, isScaled ? 0 : places, places));
}

// Where each series lies in each month: [from, to], losses below zero. Lines are not stacked.
function layers({ type, series, months }) {
  const tops = months.map(() => 0);
  const bottoms = months.map(() => 0);
  return series.map(({ values }) =>
    values.map((value, index) => {
      if (value === null) return null;
      if (type === "lines") return [value, value];
      const base = value < 0 ? bottoms : tops;
      const from = base[index];
      base[index] += value;
      return [from, base[index]];
    }),
  );
}

// A chart of months in `plot`.
// spec: type (bars, areas, lines), months (labels), series ({name, color, values, texts}), axis
// (see tickTexts; whole: without halves), label (for who cannot see it), open (the last month is not closed), openText,
// topFirst (the last series comes first), summary (month's index -> text).
function drawMonths(plot, spec) {
  const { type, months, series, axis } = spec;
  plot.replaceChildren();
  const [width, height] = [Math.max(plot.clientWidth, 240), Math.max(plot.clientHeight, 100)];
  const placed = layers(spec);
  const drawn = placed.flat().filter((range) => range !== null).flat();
  const [floor, ceiling] = ends(drawn, type !== "lines");
  const steps = ticks(floor, ceiling, height / 48, axis.whole);
  const written = tickTexts(steps, axis);
  const left = 14 + Math.max(...written.map(textWidth));
  const bottom = height - 22;
  const band = (width - left - 4) / months.length;
  const x = (index) => left + band * (index + 0.5);
  const y = (value) => 8 + (bottom - 8) * (1 - (value - floor) / (ceiling - floor));
  const drawing = svg("svg", {
    viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": spec.label,
  });
  if (spec.open) {
    drawing.append(
      svg("rect", { class: "veil", x: width - 4 - band, y: 0, width: band, height: bottom }),
    );
  }
  steps.forEach((step, index) => {
    const line = { x1: left, x2: width - 4, y1: y(step), y2: y(step) };
    drawing.append(
      svg("line", { class: step === 0 && floor < 0 ? "zero" : "grid", ...line }),
      svg("text", { class: "tick", x: left - 6, y: y(step) + 4, "text-anchor": "end" }, written[index]),
    );
  });
  for (const { text, at } of namedMonths(months, x, width)) {
    drawing.append(svg("text", { class: "month", x: at, y: height - 5, "text-anchor": "middle" }, text));
  }
  series.forEach((one, row) => {
    drawing.append(marks(type, one, placed[row], { x, y, band }));
  });
  plot.replaceChildren(drawing);
  followMonths(plot, drawing, spec, { left, band, x, bottom, width });
}

function marks(type, { name, color }, ranges, { x, y, band }) {
  const group = svg("g", { class: color, "data-series": name });
  if (type === "bars") {
    const wide = Math.min(band * 0.68, 44);
    ranges.forEach((range, index) => {
      if (!range || range[0] === range[1]) return;
      const [from, to] = [y(range[0]), y(range[1])];
      const box = { x: x(index) - wide / 2, width: wide };
      const tall = { y: Math.min(from, to), height: Math.abs(from - to) };
      group.append(svg("rect", { class: "band", "data-month": index, ...box, ...tall }));
    });
    return group;
  }
  const runs = [];
  ranges.forEach((range, index) => {
    if (!range) return;
    if (!index || !ranges[index - 1]) runs.push([]);
    runs.at(-1).push([x(index), y(range[0]), y(range[1])]);
  });
  // An area of one month is as wide as a bar.
  const wide = Math.min(band * 0.68, 44);
  if (type === "areas") {
    for (const run of runs.filter(({ length }) => length === 1)) {
      const [[at, ...range]] = run;
      run.splice(0, 1, [at - wide / 2, ...range], [at + wide / 2, ...range]);
    }
  }
  for (const run of runs) {
    const top = run.map(([at, , to]) => `${at.toFixed(1)},${to.toFixed(1)}`);
    if (type === "areas") {
      const base = run.map(([at, from]) => `${at.toFixed(1)},${from.toFixed(1)}`).reverse();
      group.append(svg("path", { class: "band", d: `M${[...top, ...base].join("L")}Z` }));
    } else if (top.length === 1) {
      group.append(svg("circle", { class: "dot", cx: run[0][0], cy: run[0][2], r: 3 }));
    } else {
      group.append(svg("path", { class: "stroke", d: `M${top.join("L")}` }));
    }
  }
  return group;
}

// The figures of one month, under the pointer or by the arrow keys.
function followMonths(plot, drawing, spec, { left, band, x, bottom, width }) {
  const cursor = svg("line", { class: "cursor", y1: 4, y2: bottom, visibility: "hidden" });
  const tip = html("div", { class: "tip", role: "status" });
  let shown = null;
  drawing.append(cursor);
  plot.append(tip);
  function show(index) {
    if (index === shown) return;
    shown = index;
    if (index === null) {
      cursor.setAttribute("visibility", "hidden");
      tip.replaceChildren();
      return;
    }
    const isOpen = spec.open && index === spec.months.length - 1;
    const rows = spec.series.map(({ name, color, texts }) =>
      html("tr", {},
        html("td", {}, html("span", { class: color, "aria-hidden": "true" }, "\u25a0 "), name),
        html("td", {}, texts[index])));
    if (spec.topFirst) rows.reverse();
    const summary = spec.summary?.(index);
    tip.replaceChildren(html("table", {},
      html("thead", {}, html("tr", {},
        html("th", {}, spec.months[index] + (isOpen ? ` (${spec.openText})` : "")),
        html("td", {}, summary ?? ""))),
      html("tbody", {}, ...rows)));
    for (const end of ["x1", "x2"]) cursor.setAttribute(end, x(index));
    cursor.setAttribute("visibility", "visible");
    const room = width - tip.offsetWidth;
    const beside = x(index) + 14 > room ? x(index) - tip.offsetWidth - 14 : x(index) + 14;
    tip.style.left = `${Math.max(0, Math.min(beside, room))}px`;
  }
  plot.onpointermove = plot.onpointerdown = (event) => {
    const at = event.clientX - drawing.getBoundingClientRect().left;
    const index = Math.floor((at - left) / band);
    show(index >= 0 && index < spec.months.length ? index : null);
  };
  plot.onpointerleave = plot.onblur = () => show(null);
  plot.onkeydown = (event) => {
    const last = spec.months.length - 1;
    const now = shown ?? last + 1;
    const to = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") show(null);
    else if (to !== undefined) {
      event.preventDefault();
      show(Math.max(0, Math.min(last, to)));
    }
  };
}

// A line without axes; the figures stand in the table below the cards.
function drawSpark(place, values) {
  const [width, height] = [Math.max(place.clientWidth, 60), 34];
  const known = values.filter((value) => value !== null);
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
  if (known.length) {
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const x = (index) => 4 + ((width - 8) * index) / Math.max(values.length - 1, 1);
    const y = (value) => height - 5 - (height - 10) * (high > low ? (value - low) / (high - low) : 0.5);
    const points = values.map((value) => (value === null ? null : [value, value]));
    if (low < 0 && high > 0) {
      const zero = { x1: 4, x2: width - 4, y1: y(0), y2: y(0) };
      drawing.append(svg("line", { stroke: "var(--line)", ...zero }));
    }
    drawing.append(marks("lines", { name: "", color: "c-accent" }, points, { x, y, band: 1 }));
    if (values.at(-1) !== null) {
      const dot = { cx: x(values.length - 1), cy: y(values.at(-1)), r: 3 };
      drawing.append(svg("circle", { class: "dot c-accent", ...dot }));
    }
  }
  place.replaceChildren(drawing);
}
