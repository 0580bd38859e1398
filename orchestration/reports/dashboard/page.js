// The page: reads the figures, builds cards and charts, and builds them anew when a filter changes.
// Figures are decimals as text; they are written from that text and become numbers only to be drawn.

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const figures = read("figures");
const texts = read("texts");
const root = document.documentElement;

const LANGUAGES = { en: "English", pt_BR: "Português (Brasil)", pt_PT: "Português (Portugal)" };
const PERIODS = ["6", "12", "24", "36"];
const COLORS = ["blue", "teal", "violet", "amber", "sky", "rose", "olive"].map((name) => `c-${name}`);
const DASH = "\u2014";

const HEADLINES = [
  ["closing_mrr", "MRR", "money"],
  ["net_new_mrr", "Net new MRR", "money"],
  ["closing_customers", "Customers", "count"],
  ["arpu", "ARPU", "money"],
  ["customer_churn_rate", "Customer churn", "rate"],
  ["nrr", "Net revenue retention", "rate"],
  ["cltv_formula", "Customer lifetime value", "money"],
];
const MOVEMENTS = [
  ["new_mrr", "New", "c-new", "new_customers"],
  ["expansion_mrr", "Expansion", "c-expansion"],
  ["reactivation_mrr", "Reactivation", "c-reactivation", "reactivated_customers"],
  ["transferred_in_mrr", "Switched in", "c-violet"],
  ["contraction_mrr", "Contraction", "c-contraction"],
  ["churned_mrr", "Churned", "c-churned", "churned_customers"],
  ["transferred_out_mrr", "Switched out", "c-rose"],
  ["fx_mrr", "Exchange rates", "c-fx"],
  ["restated_mrr", "Restated", "c-restated"],
];
const KINDS = {
  plan: ["Plan", "MRR by plan"],
  country: ["Country", "MRR by country"],
  native_currency: ["Currency", "MRR by currency"],
  interval: ["Billing interval", "MRR by billing interval"],
  channel: ["Channel", "MRR by channel"],
  biller: ["Biller", "MRR by biller"],
  segment: ["Customer segment", "MRR by customer segment"],
};

// ---- State: in the address after #, so that a view can be kept as a bookmark or sent as a link.

const keyOf = ({ kind, value }) => `${kind}:${value}`;
const segments = new Map(figures.segments.map((segment) => [keyOf(segment), segment]));
const stackable = figures.kinds.map(({ kind }) => kind).filter((kind) => kind !== "native_currency");
const state = readState();

function readState() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const chosen = (name, allowed, otherwise) =>
    allowed.includes(asked.get(name)) ? asked.get(name) : otherwise;
  return {
    period: chosen("period", [...PERIODS], "12"),
    segment: chosen("segment", [...segments.keys()], ""),
    by: chosen("by", stackable, stackable[0] ?? ""),
    retention: chosen("retention", ["customer", "mrr"], "customer"),
    language: chosen("language", Object.keys(LANGUAGES), root.lang.replace("-", "_")),
    theme: chosen("theme", ["light", "dark"], ""),
  };
}

function change(name, value) {
  state[name] = value;
  const kept = Object.entries(state).filter(([, one]) => one !== "");
  history.replaceState(null, "", `#${new URLSearchParams(kept)}`);
  draw();
  // Everything was built anew: the reader stays where they were.
  document.querySelector(`[data-control="${name}"]`)?.focus();
  document.getElementById("announcement").textContent =
    `${segmentName(shownSegment())}, ${t("{count} months", { count: state.period })}`;
}

const shownSegment = () => segments.get(state.segment) ?? figures.company;

// The months of the period, counted back from the last closed one; one that is open comes after.
function monthRange() {
  const closed = figures.closed_month ?? figures.months.at(-1);
  const last = figures.months.indexOf(closed);
  return { first: Math.max(0, last - Number(state.period) + 1), closed: last };
}
const shownMonths = () => figures.months.slice(monthRange().first);
const shownValues = (values) => values.slice(monthRange().first);
const closedValue = (values) => values[monthRange().closed];
const isOpen = () => monthRange().closed < figures.months.length - 1;

// ---- Wording: by language and locale; what is unknown is a dash.

const locale = () => state.language.replace("_", "-");

function t(text, values = {}) {
  const translated = texts[state.language]?.[text];
  if (!translated && state.language !== "en") console.error(`${state.language} lacks: ${text}`);
  return (translated || text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// Thousands are always apart, as in the other reports.
function number(value, options) {
  return new Intl.NumberFormat(locale(), { useGrouping: "always", ...options }).format(value).replace("-", "\u2212");
}

function money(value, currency, options = {}) {
  if (value === null) return DASH;
  const style = /^[A-Z]{3}$/.test(currency) ? { style: "currency", currency } : {};
  return number(value, { ...style, ...options });
}

const count = (value) => (value === null ? DASH : number(value, { maximumFractionDigits: 0 }));
const rate = (value) =>
  value === null
    ? DASH
    : number(value, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const days = (value) => (value === null ? DASH : number(value, { maximumFractionDigits: 1 }));

// How long before the data end something was: in hours, and in days where hours say little.
function age(hours) {
  if (hours === null) return DASH;
  const [value, unit] = Number(hours) > 48 ? [Number(hours) / 24, "day"] : [hours, "hour"];
  const options = { style: "unit", unit, unitDisplay: "long" };
  return number(value, { ...options, maximumFractionDigits: Number(value) < 10 ? 1 : 0 });
}

function written(value, kind, currency) {
  return kind === "money" ? money(value, currency) : kind === "rate" ? rate(value) : count(value);
}

// Large amounts without cents; the table behind has them.
function rounded(value, kind, currency) {
  const isLarge = value !== null && Math.abs(Number(value)) >= 1000;
  const options = isLarge ? { minimumFractionDigits: 0, maximumFractionDigits: 0 } : {};
  return kind === "money" ? money(value, currency, options) : written(value, kind, currency);
}

const compactMoney = (value, currency) =>
  money(value, currency, {
    notation: "compact", minimumFractionDigits: 0, maximumFractionDigits: 1,
  });

// What a compact number is divided by.
const compactUnit = (value) =>
  Math.max(1, 1000 ** Math.floor(Math.log10(Math.abs(value) || 1) / 3 + 1e-9));

// How the ticks of an axis are written, with at least and at most so many places.
const AXES = {
  money: (currency) => ({
    unit: compactUnit,
    text: (value, least, most) => money(value, currency, {
      notation: "compact", minimumFractionDigits: least && Math.max(least, 2),
      maximumFractionDigits: least ? Math.max(most, 2) : most,
    }),
  }),
  count: () => ({
    unit: compactUnit, whole: true,
    text: (value, least, most) => number(value, { notation: "compact", maximumFractionDigits: most }),
  }),
  rate: () => ({
    unit: () => 0.01,
    text: (value, least, most) => number(value, {
      style: "percent", minimumFractionDigits: least, maximumFractionDigits: most,
    }),
  }),
};

// A change of a rate is in points, never in per cent of itself.
function changeText({ change, relative_change: relative }, kind, currency) {
  if (change === null) return DASH;
  const signed = { signDisplay: "exceptZero", minimumFractionDigits: 1, maximumFractionDigits: 1 };
  if (kind === "rate") {
    const parts = new Intl.NumberFormat(locale(), { ...signed, style: "percent" }).formatToParts(change);
    const digits = parts.filter(({ type }) => !["percentSign", "literal"].includes(type));
    return t("{number} points", { number: digits.map((part) => part.value).join("").replace("-", "\u2212") });
  }
  if (relative !== null) return number(relative, { ...signed, style: "percent" });
  if (kind === "count") return number(change, { signDisplay: "exceptZero" });
  const options = { signDisplay: "exceptZero", minimumFractionDigits: 0, maximumFractionDigits: 0 };
  return money(change, currency, options);
}

// In a sentence: December 2025.
const longMonth = (month) => monthFormat(month, { month: "long", year: "numeric" });

// On an axis and in a table: Dec 25, as in the other reports.
const monthText = (month) =>
  `${monthFormat(month, { month: "short" }).replace(".", "")} ${month.slice(2, 4)}`;

function monthFormat(month, options) {
  const format = new Intl.DateTimeFormat(locale(), { ...options, timeZone: "UTC" });
  return format.format(new Date(`${month}-01T00:00:00Z`));
}

function instantText(instant) {
  if (!instant) return DASH;
  const options = { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" };
  return `${new Intl.DateTimeFormat(locale(), options).format(new Date(instant))} UTC`;
}

function valueName(kind, name) {
  if (name === "unknown") return t("unknown");
  if (kind === "country") {
    try {
      return new Intl.DisplayNames([locale()], { type: "region" }).of(name) ?? name;
    } catch {
      return name;
    }
  }
  const interval = kind === "interval" && name.match(/^(\d+) (day|week|month|year)$/);
  if (!interval) return name;
  return number(interval[1], { style: "unit", unit: interval[2], unitDisplay: "long" });
}

const segmentName = ({ kind, name }) =>
  kind === "all" ? t("All customers") : `${t(KINDS[kind][0])}: ${valueName(kind, name)}`;

// ---- Parts

let pending = []; // what is drawn once its place has a width
let scrollers = []; // what is looked at once all is drawn

function option(value, text, chosen) {
  return html("option", { value, selected: value === chosen }, text);
}

function control(name, label, ...options) {
  const select = html("select", { "data-control": name }, ...options);
  select.addEventListener("change", () => change(name, select.value));
  return html("label", {}, label, select);
}

function panel(title, width, { tag = null, extra = null } = {}, ...content) {
  const heading = html("h2", {}, title);
  const tagged = tag ? html("span", { class: "tag" }, tag) : null;
  return html("section", { class: `panel ${width}`, "aria-label": title },
    html("header", {}, heading, tagged, extra), ...content);
}

const companyTag = () => (state.segment ? t("All customers") : null);

function legend(series) {
  if (!hasBars(series)) return null;
  return html("ul", { class: "legend" }, ...series.map(({ name, color }) =>
    html("li", {}, html("i", { class: `key ${color}`, "aria-hidden": "true" }),
      html("span", { title: name }, name))),
  isOpen() ? html("li", { class: "quiet" }, html("i", { class: "key veil", "aria-hidden": "true" }),
    t("{month} is not closed yet", { month: longMonth(figures.months.at(-1)) })) : null);
}

// The same figures as a table, the newest month first.
function behind(title, columns) {
  const months = shownMonths();
  const rows = months.map((month, index) => {
    const open = isOpen() && index === months.length - 1;
    return html("tr", {},
      html("th", { scope: "row" }, monthText(month) + (open ? ` (${t("open")})` : "")),
      ...columns.map(({ column, name, texts: cells }) =>
        html("td", { "data-figure": `${column ?? name} ${month}` }, cells[index])));
  });
  return table(title, [t("Month"), ...columns.map(({ name }) => name)], rows.reverse());
}

function table(title, heads, rows) {
  const [place, hint, look] = scroller(title, html("table", {},
    html("thead", {}, html("tr", {}, ...heads.map((head) => html("th", { scope: "col" }, head)))),
    html("tbody", {}, ...rows)));
  const details = html("details", {},
    html("summary", { "aria-label": `${t("Table")}: ${title}` }, t("Table")), place, hint);
  details.addEventListener("toggle", look);
  return details;
}

// A place that scrolls where its content has no room; then it says so, fades where it goes on, and
// the keyboard reaches it.
function scroller(title, content) {
  const place = html("div", { class: "scroll", role: "group", "aria-label": title }, content);
  const hint = html("p", { class: "note hint", hidden: true }, t("Scroll sideways to see the rest."));
  const look = () => {
    const beyond = place.scrollWidth - place.clientWidth;
    hint.hidden = beyond <= 1;
    place.classList.toggle("goes-on", place.scrollLeft < beyond - 1);
    if (beyond > 1 || place.scrollHeight > place.clientHeight + 1) place.tabIndex = 0;
    else place.removeAttribute("tabindex");
  };
  place.addEventListener("scroll", look, { passive: true });
  scrollers.push(look);
  return [place, hint, look];
}

const hasBars = (parts) => parts.some(({ values }) => values.some((value) => value));

// A chart, or words where it would be an empty frame.
function plot(title, spec) {
  if (!hasBars(spec.series)) {
    const isKnown = spec.series.some(({ values }) => values.some((value) => value !== null));
    return html("p", { class: "plot nothing" },
      isKnown ? t("Zero in each of these months.") : t("No data for these months."));
  }
  const months = shownMonths();
  const span = `${monthText(months[0])} ${DASH} ${monthText(months.at(-1))}`;
  const place = html("div", {
    class: "plot", tabindex: "0", role: "group",
    "aria-label": `${title}: ${t("the arrow keys read it month by month")}`,
  });
  pending.push(() => drawMonths(place, {
    months: months.map((month) => monthText(month)), open: isOpen(),
    openText: t("open"), label: `${title}, ${span}. ${t("The figures are in the table below.")}`,
    ...spec,
  }));
  return place;
}

// A rate of a month that is still open stands in the table only: it would not compare.
function series(values, column, name, color, kind, currency, sign = 1) {
  const shown = shownValues(values);
  const drawn = kind === "rate" && isOpen() ? shown.with(-1, null) : shown;
  return {
    column, name, color,
    values: drawn.map((value) => (value === null ? null : sign * Number(value))),
    texts: shown.map((value) => written(value, kind, currency)),
  };
}

// ---- Sections

function header() {
  const month = figures.closed_month;
  const instant = instantText(figures.basis.as_of);
  const groups = figures.kinds.map(({ kind, count: there }) => {
    const parts = figures.segments.filter((segment) => segment.kind === kind);
    const label = parts.length < there
      ? t("{kind}, the {shown} largest of {count}", { kind: t(KINDS[kind][0]), shown: parts.length, count: there })
      : t(KINDS[kind][0]);
    return html("optgroup", { label }, ...parts.map((segment) =>
      option(keyOf(segment), valueName(kind, segment.name), state.segment)));
  });
  const dark = isDark();
  const theme = html("button", { type: "button", "data-control": "theme" },
    dark ? t("Light colours") : t("Dark colours"));
  theme.addEventListener("click", () => change("theme", dark ? "light" : "dark"));
  const known = PERIODS.filter((period, index) =>
    !index || Number(PERIODS[index - 1]) < monthRangeAll());
  // A link may ask for more months than there are; the longest that is offered shows all of them.
  const period = known.includes(state.period) ? state.period : known.at(-1);
  return [
    html("div", {},
      html("p", { class: "quiet" }, t("Subscriptions")),
      html("h1", {}, month ? capital(longMonth(month)) : t("No month is closed yet")),
      html("p", { class: "quiet" }, month
        ? t("Last closed month, against the month before. Data as of {instant}.", { instant })
        : `${t("Data as of")} ${instant}`)),
    html("div", { class: "controls", role: "group", "aria-label": t("Filters") },
      control("period", t("Period"), ...known.map((count) =>
        option(count, t("{count} months", { count }), period))),
      control("segment", t("Customers"), option("", t("All customers"), state.segment), ...groups),
      control("language", t("Language"), ...Object.entries(LANGUAGES).map(([code, name]) =>
        option(code, name, state.language))),
      theme),
  ];
}

const monthRangeAll = () => figures.months.indexOf(figures.closed_month ?? figures.months.at(-1)) + 1;
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function isDark() {
  if (state.theme) return state.theme === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function cards() {
  const segment = shownSegment();
  const made = HEADLINES.map(([key, label, kind]) => {
    const moved = segment.changes[key];
    const text = changeText(moved, kind, segment.currency);
    // What is written as 0 is no change.
    const direction = /[1-9]/.test(text) ? Math.sign(Number(moved.change)) : 0;
    const isGood = key === "customer_churn_rate" ? direction < 0 : direction > 0;
    const mood = direction === 0 ? "quiet" : isGood ? "good" : "bad";
    const arrow = ["\u25bc ", "", "\u25b2 "][direction + 1];
    const spark = html("div", { class: "spark" });
    const shown = segment.months[key].slice(monthRange().first, monthRange().closed + 1);
    pending.push(() => drawSpark(spark, shown.map((value) => (value === null ? null : Number(value)))));
    return html("article", { class: "card" },
      html("h3", {}, t(label)),
      html("p", { class: "figure", "data-card": key },
        rounded(closedValue(segment.months[key]), kind, segment.currency)),
      html("p", { class: `change ${mood}`, "data-change": key },
        html("span", { "aria-hidden": "true" }, arrow), text,
        html("span", { class: "unseen" }, ` ${t("against the month before")}`)),
      spark);
  });
  const columns = HEADLINES.map(([key, label, kind]) =>
    series(segment.months[key], key, t(label), "", kind, segment.currency));
  return html("section", { class: "cards", "aria-label": t("Headline figures") },
    html("h2", { class: "unseen" }, `${t("Headline figures")}: ${segmentName(segment)}`),
    ...made, behind(t("Headline figures"), columns));
}

function revenue() {
  const segment = shownSegment();
  const { currency } = segment;
  const total = series(segment.months.closing_mrr, "closing_mrr", t("MRR"), "c-accent", "money", currency);
  const isCompany = segment.kind === "all" && state.by;
  const parts = isCompany ? bands(state.by) : [total];
  const title = isCompany ? t(KINDS[state.by][1]) : `${t("MRR")}, ${segmentName(segment)}`;
  const by = control("by", t("by"), ...stackable.map((kind) =>
    option(kind, t(KINDS[kind][0]), state.by)));
  return panel(title, "w7", { extra: isCompany && stackable.length > 1 ? by : null },
    isCompany ? legend(parts) : null,
    plot(title, {
      type: "areas", series: parts, axis: AXES.money(currency), topFirst: true,
      summary: isCompany ? (index) => total.texts[index] : null,
    }),
    behind(title, isCompany ? [...parts, total] : parts));
}

function bands(kind) {
  const { currency } = figures.company;
  const { other_mrr: other } = figures.kinds.find((one) => one.kind === kind);
  const parts = figures.segments.filter((segment) => segment.kind === kind).slice(0, COLORS.length)
    .map((segment, index) => series(segment.months.closing_mrr, keyOf(segment),
      valueName(kind, segment.name), COLORS[index], "money", currency));
  if (other) parts.push(series(other, "other", t("Others"), "c-grey", "money", currency));
  return parts.map((part) => ({ ...part, values: part.values.map((value) => value ?? 0) }));
}

// Movements that happen in the period; restatements, switches and rates mostly do not.
function movementsShown(segment) {
  const rare = ["transferred_in_mrr", "transferred_out_mrr", "fx_mrr", "restated_mrr"];
  return MOVEMENTS.filter(([key]) => segment.months[key] && (!rare.includes(key) ||
    shownValues(segment.months[key]).some((value) => value !== null && Number(value))));
}

function movements() {
  const segment = shownSegment();
  const { currency } = segment;
  const parts = movementsShown(segment).map(([key, label, color]) =>
    series(segment.months[key], key, t(label), color, "money", currency));
  const net = series(segment.months.net_new_mrr, "net_new_mrr", t("Net new MRR"), "", "money", currency);
  const title = t("MRR movements");
  return panel(title, "w5", {}, legend(parts),
    plot(title, {
      type: "bars", series: parts, axis: AXES.money(currency), summary: (index) => net.texts[index],
    }),
    behind(title, [...parts, net]));
}

// From the opening to the closing MRR of the last closed month. The axis begins near the smaller
// of the two where the steps would be too small to see; the break in the bars says so.
function waterfall() {
  const segment = shownSegment();
  const { currency } = segment;
  const at = (key) => closedValue(segment.months[key]);
  const month = figures.closed_month ?? figures.months.at(-1);
  const title = t("From opening to closing MRR, {month}", { month: longMonth(month) });
  const steps = [["opening_mrr", "Opening MRR", "c-slate", "opening_customers"],
    ...movementsShown(segment), ["closing_mrr", "Closing MRR", "c-slate", "closing_customers"]];
  let level = 0;
  const ranges = steps.map(([key], index) => {
    const value = Number(at(key) ?? 0);
    const from = index === 0 || index === steps.length - 1 ? 0 : level;
    level = from + value;
    return [from, level];
  });
  const inner = ranges.flat().filter((end, index) => index !== 0 && index !== 2 * steps.length - 2);
  const [least, most] = [Math.min(...inner), Math.max(...inner)];
  const reach = most - least;
  const round = 10 ** Math.floor(Math.log10(reach || 1));
  const start = reach > 0 && least > 2 * reach
    ? Math.max(0, Math.floor((least - reach * 0.35) / round) * round) : Math.min(0, least);
  const broken = start > 0;
  const scale = (value) => (1000 * (Math.max(value, start) - start)) / (most - start || 1);
  const rows = steps.map(([key, label, color, customers], index) => {
    const isLevel = index === 0 || index === steps.length - 1;
    const [from, to] = ranges[index].map(scale);
    const box = { x: Math.min(from, to), width: to === from ? 0 : Math.max(Math.abs(to - from), 5) };
    const bar = svg("svg", {
      viewBox: "0 0 1000 20", height: 20, preserveAspectRatio: "none", "aria-hidden": "true",
    }, svg("rect", { class: color, fill: "currentColor", y: 0, height: 20, rx: 2, ...box }));
    if (isLevel && broken) {
      bar.append(svg("path", { fill: "var(--surface)", d: "M30 0h14l-10 20h-14z" }));
    }
    const persons = customers && segment.months[customers] ? at(customers) : null;
    const value = money(at(key), currency, isLevel ? {} : { signDisplay: "exceptZero" });
    return html("tr", { class: isLevel ? "level" : "" },
      html("th", { scope: "row" }, t(label),
        persons === null ? null : html("small", {}, ` (${count(persons)})`)),
      html("td", {}, bar),
      html("td", { "data-figure": `bridge:${key} ${month}` }, value));
  });
  return panel(title, "w5", {},
    html("table", { class: "bridge" },
      html("caption", { class: "unseen" }, title),
      html("tbody", {}, ...rows)),
    html("p", { class: "note" }, t("Customers in parentheses.") + (broken
      ? ` ${t("The bars begin at {amount}.", { amount: rounded(start, "money", currency) })}` : "")));
}

function rates() {
  const segment = shownSegment();
  const parts = [
    series(segment.months.nrr, "nrr", t("Net revenue retention"), "c-accent", "rate"),
    series(segment.months.grr, "grr", t("Gross revenue retention"), "c-steel", "rate"),
  ];
  const title = t("Revenue retention by month");
  return panel(title, "w7", {}, legend(parts),
    plot(title, { type: "lines", series: parts, axis: AXES.rate() }), behind(title, parts));
}

const HEAT = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];

// The newest cohorts there are, as many as the period has months; they may be older than it.
function triangle() {
  const last = figures.months[monthRange().closed];
  const shown = figures.cohorts.filter(({ month }) => month <= last).slice(-Number(state.period));
  const ages = Math.max(0, ...shown.map((cohort) => cohort.customer_retention
    .filter((value) => value !== null).length));
  return { shown, ages, isEmpty: !ages, isWide: ages > 13 };
}

// A wide triangle takes the whole width, and so does its neighbour, which then comes first: in
// print it fills the sheet on which the triangle has no room.
const cohortsAndDunning = () => (triangle().isWide ? [dunning, cohorts] : [cohorts, dunning]);

function cohorts() {
  const isMrr = state.retention === "mrr";
  const { shown, ages, isEmpty, isWide } = triangle();
  if (isEmpty) return null;
  const title = t("Retention by month of the first payment");
  const rows = shown.map((cohort) => {
    const values = isMrr ? cohort.mrr_retention : cohort.customer_retention;
    const cells = Array.from({ length: ages }, (_, age) => {
      const value = values[age] ?? null;
      if (value === null) return html("td", {});
      const heat = HEAT.filter((step) => Number(value) >= step).length;
      const figure = `${cohort.month} ${age}`;
      return html("td", { "data-heat": heat, "data-figure": figure },
        number(value, { style: "percent", maximumFractionDigits: 0 }));
    });
    const size = isMrr ? compactMoney(cohort.mrr_start, figures.basis.currency) : count(cohort.customers);
    return html("tr", {}, html("th", { scope: "row" }, monthText(cohort.month)),
      html("td", {}, size), ...cells);
  });
  const heads = [t("Month"), isMrr ? t("MRR") : t("Customers"), ...Array(ages).keys()];
  const kind = control("retention", t("of"), option("customer", t("Customers"), state.retention),
    option("mrr", t("MRR"), state.retention));
  return panel(title, isWide || !figures.dunning ? "" : "w7", { tag: companyTag(), extra: kind },
    ...scroller(title, html("table", { class: isWide ? "triangle dense" : "triangle" },
      html("caption", { class: "unseen" }, title),
      html("thead", {}, html("tr", {}, ...heads.map((head) =>
        html("th", { scope: "col" }, String(head))))),
      html("tbody", {}, ...rows))).slice(0, 2),
    html("p", { class: "note" }, t("Columns: months since the first payment. Each cell: what is left of the start.")));
}

function dunning() {
  if (!figures.dunning) return null;
  const { currency } = figures.basis;
  const value = (key) => closedValue(figures.dunning[key]);
  const part = (key, label, color, sign) =>
    series(figures.dunning[key], key, t(label), color, "money", currency, sign);
  const parts = [
    part("entered_mrr", "Fell due", "c-soft", 1), part("recovered_mrr", "Recovered", "c-expansion", -1),
    part("lost_mrr", "Lost", "c-churned", -1), part("otherwise_ended_mrr", "Ended otherwise", "c-restated", -1),
  ];
  const more = [
    part("closing_at_risk_mrr", "At risk at the close"),
    series(figures.dunning.mrr_recovery_rate, "mrr_recovery_rate", t("Recovery rate"), "", "rate"),
    series(figures.dunning.failed_charges, "failed_charges", t("Failed charges"), "", "count"),
    series(figures.dunning.failed_charges_amount, "failed_charges_amount", t("Amount that failed"), "", "money", currency),
  ];
  const fact = (label, key, text) => html("div", {},
    html("dt", {}, t(label)), html("dd", { "data-card": key }, text));
  const title = t("Past-due payments");
  const { isEmpty, isWide } = triangle();
  // The mart counts failed charges wherever a source has payments.
  const isUnknown = !hasBars(parts) && figures.dunning.failed_charges.every((one) => one === null);
  const atRisk = isUnknown ? null : value("closing_at_risk_mrr");
  return panel(title, isWide || isEmpty ? "" : "w5", { tag: companyTag() },
    html("dl", { class: "facts" },
      fact("At risk at the close", "closing_at_risk_mrr", rounded(atRisk, "money", currency)),
      fact("Recovery rate", "mrr_recovery_rate", rate(value("mrr_recovery_rate"))),
      fact("Failed charges", "failed_charges", count(value("failed_charges"))),
      fact("Days to recovery, median", "median_days_to_recovery", days(value("median_days_to_recovery")))),
    ...(isUnknown
      ? [html("p", { class: "note" },
        t("No source has payments, so it is not known what is past due."))]
      : [legend(parts),
        plot(title, { type: "bars", series: parts, axis: AXES.money(currency) }),
        behind(title, [...parts, ...more])]));
}

function support() {
  if (!figures.support) return null;
  const { currency } = figures.basis;
  const { months } = figures.company;
  const title = t("Support beside revenue");
  const small = [
    [figures.support, "created_tickets", "New tickets", "count", "bars", "c-violet"],
    [figures.support, "csat", "Satisfaction (CSAT)", "rate", "lines", "c-violet"],
    [figures.support, "backlog_tickets", "Backlog at the close", "count", "bars", "c-violet"],
    [months, "closing_mrr", "MRR", "money", "areas", "c-accent"],
    [months, "customer_churn_rate", "Customer churn", "rate", "lines", "c-churned"],
    [months, "churned_mrr", "Churned MRR", "money", "bars", "c-churned"],
  ];
  const parts = small.map(([of, key, label, kind, , color]) =>
    series(of[key], of === months ? `all:${key}` : key, t(label), color, kind, currency));
  const charts = small.map(([of, key, label, kind, type], index) => html("div", {},
    html("h3", {}, t(label), html("b", {}, rounded(closedValue(of[key]), kind, currency))),
    plot(t(label), {
      type, series: [parts[index]],
      axis: AXES[kind](currency),
    })));
  return panel(title, "", { tag: companyTag() },
    html("div", { class: "multiples" }, ...charts), behind(title, parts));
}

const STATUSES = { warn: "Warning", fail: "Failed", error: "Could not run", skipped: "Skipped" };
const SEVERITIES = { warn: "does not hold back the publication", error: "holds back the publication" };

function quality() {
  const title = t("Data quality and freshness");
  const counts = Object.entries(figures.checks);
  const sum = (ending) => counts.filter(([name]) => name.endsWith(ending))
    .reduce((total, [, number_]) => total + Number(number_), 0);
  const all = sum("");
  const passed = sum(" pass");
  const fact = (label, key, text) => html("div", {},
    html("dt", {}, t(label)), html("dd", { "data-card": key }, text));
  const sources = figures.sources.map((one) => html("tr", {},
    html("th", { scope: "row" }, one.source),
    html("td", {}, count(one.served_rows)), html("td", {}, count(one.loaded_rows)),
    html("td", {}, instantText(one.last_fact_at)), html("td", {}, age(one.hours_since_last_fact))));
  const heads = ["Source", "Rows served", "Rows loaded", "Newest fact", "Before the data end"];
  const failed = figures.unpassed.map((check) => html("tr", {},
    html("th", { scope: "row" }, check.name), html("td", { class: "text" }, check.description),
    html("td", { class: "text short" }, check.table),
    html("td", { class: "text short" }, `${t(STATUSES[check.status])} (${t(SEVERITIES[check.severity])})`),
    html("td", {}, count(check.failures))));
  return panel(title, "", {},
    html("dl", { class: "facts" },
      all ? fact("Checks that passed", "passed", t("{count} of {total}", { count: count(passed), total: count(all) })) : null,
      fact("Data as of", "as_of", instantText(figures.basis.as_of))),
    failed.length ? listing(t("Checks that did not pass"), ["Check", "Meaning", "Table", "Result", "Rows"], failed) : null,
    listing(t("Freshness of the sources"), heads, sources));
}

// A table whose rows become lists where the page is narrow.
function listing(title, heads, rows) {
  for (const row of rows) {
    [...row.cells].slice(1).forEach((cell, index) => { cell.dataset.head = t(heads[index + 1]); });
  }
  return html("table", { class: "wide" },
    html("caption", {}, title),
    html("thead", {}, html("tr", {}, ...heads.map((head, index) =>
      html("th", { scope: "col", class: rows[0]?.cells[index].className }, t(head))))),
    html("tbody", {}, ...rows));
}

function footer() {
  const { basis } = figures;
  const facts = [
    ["Data as of", instantText(basis.as_of)], ["Currency", basis.currency],
    ["Time zone", basis.time_zone], ["Policy", `${basis.policy}, ${basis.policy_version}`],
    ["Run", basis.run_id], ["Publication", basis.version],
  ];
  return html("dl", {}, ...facts.map(([label, text]) =>
    html("div", {}, html("dt", {}, t(label)), html("dd", {}, text))));
}

// ---- All of it

function draw() {
  root.lang = locale();
  if (state.theme) root.dataset.theme = state.theme;
  document.title = `Perene, ${figures.closed_month ? longMonth(figures.closed_month) : ""}`;
  const open = [...document.querySelectorAll("details")].map((one) => one.open);
  [pending, scrollers] = [[], []];
  document.getElementById("header").replaceChildren(...header());
  const byMonth = [cards, revenue, movements, waterfall, rates, ...cohortsAndDunning(), support];
  document.getElementById("main").replaceChildren(
    ...[...(figures.months.length ? byMonth : []), quality]
      .map((section) => section()).filter((section) => section !== null));
  document.getElementById("footer").replaceChildren(footer());
  document.querySelectorAll("details").forEach((one, index) => { one.open = open[index] ?? false; });
  redraw();
}

function redraw() {
  for (const place of pending) place();
  for (const look of scrollers) look();
}

let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth !== width) requestAnimationFrame(redraw);
  width = innerWidth;
});
addEventListener("beforeprint", () => { root.dataset.print = ""; redraw(); });
addEventListener("afterprint", () => { delete root.dataset.print; redraw(); });
addEventListener("hashchange", () => { Object.assign(state, readState()); draw(); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
