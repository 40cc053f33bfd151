// From what the server said to what is seen. Texts are set as text, never as HTML.

export const STATUSES = ["supported", "contradicted", "not found"];

// The server's own rule, so that the slider shows what another threshold would give.
export function statusAt(claim, threshold) {
  if (claim.entailment >= threshold) return "supported";
  return claim.contradiction >= Math.max(threshold, 0.5) ? "contradicted" : "not found";
}

// The server counts code points, JavaScript counts UTF-16 units.
export function points(text) {
  return Array.from(text);
}

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// `characters` with the spans [{start, end, kind}] marked; a later span goes over an earlier one.
export function marked(characters, spans) {
  const kinds = new Array(characters.length).fill("");
  for (const { start, end, kind } of spans) kinds.fill(kind, Math.max(0, start), Math.min(end, characters.length));
  const parts = [];
  for (let start = 0, end; start < characters.length; start = end) {
    for (end = start + 1; end < characters.length && kinds[end] === kinds[start]; end++);
    const text = characters.slice(start, end).join("");
    parts.push(kinds[start] ? element("mark", { className: kinds[start] }, text) : text);
  }
  return parts;
}

export function bars(probabilities) {
  return Object.entries(probabilities).map(([label, probability]) => {
    const fill = element("div", { className: "fill" });
    fill.style.width = `${100 * probability}%`;
    const track = element("div", { className: "track" }, fill);
    track.setAttribute("aria-hidden", "true");
    return element("div", { className: "row" }, element("span", {}, label), track,
      element("span", { className: "number" }, probability.toFixed(3)));
  });
}

export function claimButton(claim, text, number, threshold) {
  const status = statusAt(claim, threshold);
  const button = element("button", { type: "button", className: `claim ${status.replace(" ", "-")}` }, text);
  button.dataset.claim = number;
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-label", `${status}: ${text}`);
  return button;
}
