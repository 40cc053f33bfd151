import { bars, claimButton, element, marked, points, STATUSES, statusAt } from "./drawing.js";
import { forget, past, remember } from "./history.js";

const at = (id) => document.getElementById(id);
const EXAMPLE = {
  source: "The library opens at nine on weekdays and at ten on Saturdays. It is closed on Sundays and public holidays. " +
    "Members may borrow up to eight books for three weeks.",
  answer: "The library is open on Sundays. Members can borrow books. The library has a cafe.",
};

let shown = null; // { source, answer, report, claims, selected, evidence }

async function ask(path, body) {
  let response;
  try {
    response = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw new Error("The server can't be reached.");
  }
  const reply = await response.json().catch(() => null);
  if (response.ok && reply !== null) return reply;
  const wait = response.headers.get("Retry-After");
  throw new Error((reply?.error?.message ?? `The server answered ${response.status}`) + (wait ? ` Ask again in ${wait} s.` : ""));
}

function say(message, failed = false) {
  at("status").textContent = message;
  at("status").classList.toggle("failed", failed);
}

async function check(event) {
  event?.preventDefault();
  const source = at("source").value;
  const answer = at("answer").value;
  at("check").disabled = true;
  say("Checking …");
  try {
    const report = await ask("v1/check", { sources: [source], text: answer, threshold: Number(at("threshold").value) });
    const claims = report.sentences.flatMap((sentence) => sentence.claims);
    shown = { source, answer, report, claims, selected: null, evidence: new Map() };
    remember(source, answer);
    drawHistory();
    draw();
    say(`${claims.length} ${claims.length === 1 ? "claim" : "claims"} checked.${unusual(report.flags)}`);
    at("result").hidden = false;
    if (claims.length) select(0, false);
  } catch (error) {
    say(error.message, true);
  } finally {
    at("check").disabled = false;
  }
}

// What nobody sees in the two texts is said, and where.
function unusual(flags) {
  const words = flags.map((flag) => `${flag.field === "text" ? "answer" : "source"}: ${flag.count} × ${flag.kind.replace("_", "-")} (${flag.code_point} at ${flag.offset})`);
  return words.length ? ` Characters that are not what they look like: ${words.join("; ")}.` : "";
}

function draw() {
  const threshold = Number(at("threshold").value);
  at("threshold-shown").textContent = threshold.toFixed(2);
  if (!shown) return;
  const characters = points(shown.answer);
  const parts = [];
  let read = 0;
  shown.claims.forEach((claim, number) => {
    const start = Math.max(read, claim.start);
    parts.push(characters.slice(read, start).join(""));
    parts.push(claimButton(claim, characters.slice(start, claim.end).join(""), number, threshold));
    read = Math.max(read, claim.end);
  });
  parts.push(characters.slice(read).join(""));
  at("claims").replaceChildren(...parts);
  const counts = STATUSES.map((status) => `${shown.claims.filter((claim) => statusAt(claim, threshold) === status).length} ${status}`);
  const moved = shown.claims.filter((claim) => statusAt(claim, threshold) !== claim.status).length;
  at("effect").textContent = `At this threshold: ${counts.join(", ")}` + (moved ? ` (${moved} not as at ${shown.report.threshold.toFixed(2)}).` : ".");
  drawSelected();
}

function select(number, focus = true) {
  shown.selected = number;
  drawSelected();
  if (focus) document.querySelector(`[data-claim="${number}"]`)?.focus();
  explain(number);
}

function drawSelected() {
  const { source, claims, selected, evidence } = shown;
  document.querySelectorAll(".claim").forEach((button) => button.setAttribute("aria-pressed", String(Number(button.dataset.claim) === selected)));
  const claim = claims[selected];
  const characters = points(source);
  if (!claim) {
    at("shown-source").replaceChildren(...marked(characters, []));
    at("detail").replaceChildren();
    return;
  }
  const spans = claim.quotes.map((quote) => ({ start: quote.start, end: quote.end, kind: "quote" }));
  const found = evidence.get(selected);
  const premise = (found ?? []).filter((one) => one.side === "premise");
  if (premise.length) {
    const offset = claim.quotes[0].start;
    spans.push(...premise.map((one) => ({ start: offset + one.start, end: offset + one.end, kind: "strong" })));
  } else {
    spans.push(...claim.quotes.map((quote) => ({ start: quote.focus.start, end: quote.focus.end, kind: "strong" })));
  }
  at("shown-source").replaceChildren(...marked(characters, spans));
  const hypothesis = (found ?? []).filter((one) => one.side === "hypothesis");
  const statement = marked(points(claim.statement), hypothesis.map((one) => ({ start: one.start, end: one.end, kind: "strong" })));
  const status = statusAt(claim, Number(at("threshold").value));
  at("detail").replaceChildren(
    element("p", {}, element("strong", {}, `Claim ${selected + 1}: ${status}`)),
    element("p", { id: "statement" }, ...statement),
    ...bars(claim.verdict.probabilities),
    element("p", { className: "hint" }, `Read: ${Math.round(100 * claim.verdict.coverage)} % of the passage; model ${claim.verdict.model}`),
  );
  at("shown-source").querySelector("mark.strong")?.scrollIntoView({ block: "nearest" });
}

// What in the source and in the claim decided. Where the server can't say, the nearest sentence stays marked.
async function explain(number) {
  const of = shown;
  if (of.evidence.has(number) || !of.claims[number].quotes.length) return;
  const claim = of.claims[number];
  of.evidence.set(number, []);
  try {
    const reply = await ask("v1/explain", { premise: claim.quotes[0].text, hypothesis: claim.statement });
    of.evidence.set(number, reply.verdict?.evidence ?? reply.evidence ?? []);
    if (of === shown && of.selected === number) drawSelected();
  } catch {
    of.evidence.delete(number);
  }
}

function step(event) {
  const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  if (!(event.key in moves) || !event.target.closest(".claim")) return;
  event.preventDefault();
  const last = shown.claims.length - 1;
  select(Math.min(last, Math.max(0, Number(event.target.dataset.claim) + moves[event.key])));
}

function save() {
  const threshold = Number(at("threshold").value);
  const claims = shown.claims.map((claim, number) => ({ ...claim, status_at_threshold: statusAt(claim, threshold), evidence: shown.evidence.get(number) ?? [] }));
  const content = JSON.stringify({ source: shown.source, answer: shown.answer, threshold, claims, report: shown.report }, null, 2);
  const address = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  element("a", { href: address, download: "tuili.json" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

function drawHistory() {
  const list = past();
  at("history-part").hidden = list.length === 0;
  at("history").replaceChildren(...list.map((one) => {
    const button = element("button", { type: "button" }, `${new Date(one.time).toLocaleString()}: ${one.answer.slice(0, 90)}`);
    button.addEventListener("click", () => fill(one));
    return element("li", {}, button);
  }));
}

function fill({ source, answer }) {
  at("source").value = source;
  at("answer").value = answer;
  check();
}

at("form").addEventListener("submit", check);
at("form").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) at("form").requestSubmit();
});
at("threshold").addEventListener("input", draw);
at("claims").addEventListener("click", (event) => {
  const claim = event.target.closest(".claim");
  if (claim) select(Number(claim.dataset.claim));
});
at("claims").addEventListener("keydown", step);
at("example").addEventListener("click", () => fill(EXAMPLE));
at("export").addEventListener("click", save);
at("forget").addEventListener("click", () => { forget(); drawHistory(); });
drawHistory();
