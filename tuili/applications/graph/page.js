"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const svg = document.getElementById("picture");
const NS = "http://www.w3.org/2000/svg";
const W = 960, H = 600;
const make = (name, attributes, parent) => {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent.appendChild(element);
  return element;
};
// a circle to begin with: the same picture every time
const nodes = data.nodes.map((node, i) => {
  const angle = (2 * Math.PI * i) / data.nodes.length;
  return { ...node, x: W / 2 + 220 * Math.cos(angle), y: H / 2 + 220 * Math.sin(angle), dx: 0, dy: 0 };
});
const step = (heat) => {
  const k = Math.sqrt((W * H) / Math.max(1, nodes.length)) * 0.7;
  for (const node of nodes) { node.dx = (W / 2 - node.x) * 0.02; node.dy = (H / 2 - node.y) * 0.02; }
  for (let i = 0; i < nodes.length; i++) for (let j = i + 1; j < nodes.length; j++) {
    const a = nodes[i], b = nodes[j];
    const dx = a.x - b.x || 0.1, dy = a.y - b.y || 0.1, d2 = Math.max(25, dx * dx + dy * dy);
    const f = (k * k) / d2 / 4;
    a.dx += dx * f; a.dy += dy * f; b.dx -= dx * f; b.dy -= dy * f;
  }
  for (const edge of data.edges) {
    const a = nodes[edge.head], b = nodes[edge.tail];
    const dx = a.x - b.x, dy = a.y - b.y, f = Math.hypot(dx, dy) / k / 8;
    a.dx -= dx * f; a.dy -= dy * f; b.dx += dx * f; b.dy += dy * f;
  }
  for (const node of nodes) {
    const length = Math.hypot(node.dx, node.dy) || 1, move = Math.min(length, heat);
    node.x = Math.min(W - 20, Math.max(20, node.x + (node.dx / length) * move));
    node.y = Math.min(H - 20, Math.max(20, node.y + (node.dy / length) * move));
  }
};
for (let turn = 0; turn < 200; turn++) step(40 * (1 - turn / 200) + 0.5);
const lines = data.edges.map((edge) => {
  const line = make("line", { class: edge.conflict ? "edge conflict" : "edge" }, svg);
  make("title", {}, line).textContent = edge.title;
  return line;
});
const groups = nodes.map((node, i) => {
  const group = make("g", { class: "node" }, svg);
  make("circle", { r: 6, class: "t" + node.kind }, group);
  make("text", { x: 9, y: 4 }, group).textContent = node.name;
  make("title", {}, group).textContent = node.name + " (" + node.type + ")";
  return group;
});
const draw = () => {
  data.edges.forEach((edge, i) => {
    const a = nodes[edge.head], b = nodes[edge.tail];
    for (const [key, value] of Object.entries({ x1: a.x, y1: a.y, x2: b.x, y2: b.y })) lines[i].setAttribute(key, value);
  });
  nodes.forEach((node, i) => groups[i].setAttribute("transform", "translate(" + node.x + " " + node.y + ")"));
};
draw();
let held = -1;
groups.forEach((group, i) => group.addEventListener("pointerdown", (event) => { held = i; event.preventDefault(); }));
svg.addEventListener("pointermove", (event) => {
  if (held < 0) return;
  const box = svg.getBoundingClientRect();
  nodes[held].x = ((event.clientX - box.left) * W) / box.width;
  nodes[held].y = ((event.clientY - box.top) * H) / box.height;
  draw();
});
addEventListener("pointerup", () => { held = -1; });
const rows = [...document.querySelectorAll("tbody tr")];
const show = (row) => {
  rows.forEach((other) => other.classList.toggle("chosen", other === row));
  const edge = Number(row.dataset.edge);
  lines.forEach((line, i) => line.classList.toggle("chosen", i === edge));
};
rows.forEach((row) => { row.addEventListener("focus", () => show(row)); row.addEventListener("click", () => show(row)); });
document.getElementById("filter").addEventListener("input", (event) => {
  const wanted = event.target.value.toLowerCase();
  rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(wanted); });
});
