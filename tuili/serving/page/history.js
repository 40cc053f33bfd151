// What was checked before: kept in this browser alone, the last twenty.

const KEY = "tuili.history";
const MOST = 20;

export function past() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.source === "string" && typeof one?.answer === "string") : [];
  } catch {
    return [];
  }
}

export function remember(source, answer) {
  const others = past().filter((one) => one.source !== source || one.answer !== answer);
  keep([{ source, answer, time: new Date().toISOString() }, ...others].slice(0, MOST));
}

export function forget() {
  keep([]);
}

function keep(list) {
  try {
    localStorage.setItem(KEY, JSON.stringify(list));
  } catch {
    // a browser that keeps nothing, or has no room: the page works without
  }
}
