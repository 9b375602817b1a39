/* The questions of a visit: one at a time, answers kept in this browser and sent when there is a network.

   Markup: templates/visits/work.html. Rows that wait: visit-store.js. An answer is a row of its own each time
   it is changed; the portal keeps all and counts the one given last, also between two phones. */
import { announce, csrfToken, fileSize } from "./texts.js";
import { change, deviceName, drop, keep, newKey, waiting } from "./visit-store.js";

const RETRY_SECONDS = [2, 4, 8, 16, 30];
const frame = document.querySelector("[data-visit]");
const visit = Number(frame.dataset.visit);
const user = Number(frame.dataset.user);
const articles = [...frame.querySelectorAll("[data-question]")];
const byKey = new Map(articles.map((article) => [article.dataset.question, article]));
const shelf = document.getElementById("visit-texts");
const net = frame.querySelector("[data-net]");
let current = null;
let all = false;
let sending = false;
let trouble = "";
let attempts = 0;
let timer = null;
let keeps = true;

const words = (key, values = {}) =>
  (shelf.dataset[key] ?? "").replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
const part = (article, selector) => article.querySelector(selector);
const drawing = (name) => document.getElementById(`icon-${name}`).content.cloneNode(true);

/* ---- what stands in the page ---- */

function valueOf(article) {
  const form = part(article, "[data-answer]");
  const na = part(form, "input[name=na]");
  if (na?.checked) return "na";
  const radio = part(form, "input[type=radio][name=value]:checked");
  if (radio) return radio.value;
  const written = part(form, "input[name=value]:not([type=radio])");
  return written ? written.value.trim() : "";
}

const noteOf = (article) => part(article, "textarea").value.trim();
const stateOf = (article) => `${valueOf(article)}\n${noteOf(article)}`;

function put(article, value, note) {
  const form = part(article, "[data-answer]");
  for (const radio of form.querySelectorAll("input[type=radio][name=value]")) radio.checked = radio.value === value;
  const written = part(form, "input[name=value]:not([type=radio])");
  if (written) written.value = value === "na" ? "" : value;
  const na = part(form, "input[name=na]");
  if (na) na.checked = value === "na";
  part(article, "textarea").value = note;
}

function isShown(article, seen = new Set()) {
  const parent = byKey.get(article.dataset.parent);
  if (!article.dataset.parent) return true;
  if (!parent || seen.has(parent)) return false;
  seen.add(article);
  return isShown(parent, seen) && article.dataset.when.split(" ").includes(valueOf(parent));
}

const shown = () => articles.filter((article) => isShown(article));

function outcomeOf(article) {
  const value = valueOf(article);
  if (!value) return "open";
  if (value === "na") return "na";
  const failing = article.dataset.failing.split(" ").filter(Boolean);
  if (failing.includes(value)) return "gap";
  // A figure or a date is judged by the portal; until it has answered it is only noted.
  if (article.dataset.judged === value) return { gap: "gap", met: "done" }[article.dataset.outcome] ?? "noted";
  return failing.length ? "done" : "noted";
}

function say(article, text, tone = "") {
  const place = part(article, "[data-said]");
  place.textContent = text;
  place.className = `visit-said${tone ? ` is-${tone}` : ""}`;
}

/* ---- showing ---- */

function refresh() {
  const list = shown();
  for (const article of articles) article.hidden = !list.includes(article);
  if (!list.includes(current)) current = list[0] ?? null;
  for (const article of articles) article.classList.toggle("is-current", all || article === current);
  const place = list.indexOf(current);
  const outcomes = list.map(outcomeOf);
  const done = outcomes.filter((outcome) => outcome !== "open").length;
  frame.querySelector("[data-position]").textContent = words("position", { n: place + 1, all: list.length });
  frame.querySelector("[data-counts]").textContent = words("counts", {
    done,
    gaps: outcomes.filter((outcome) => outcome === "gap").length,
  });
  const progress = frame.querySelector("[data-progress]");
  progress.max = list.length;
  progress.value = done;
  const last = place === list.length - 1;
  frame.querySelector("[data-back]").disabled = place <= 0;
  frame.querySelector("[data-next]").hidden = last;
  frame.querySelector("[data-finish]").hidden = !last;
  drawNear(list, outcomes, place);
}

const MARKS = { done: ["check", "met"], gap: ["gap", "gap"], na: ["na", ""], noted: ["check", "met"], open: ["open", ""] };

function drawNear(list, outcomes, place) {
  const listing = frame.querySelector("[data-near-list]");
  const rows = all ? [] : list.map((article, index) => index).filter((index) => index !== place && Math.abs(index - place) <= 3);
  listing.replaceChildren(
    ...rows.map((index) => {
      const [symbol, tone] = MARKS[outcomes[index]];
      const button = document.createElement("button");
      button.type = "button";
      const number = Object.assign(document.createElement("span"), { className: "place", textContent: index + 1 });
      const title = part(list[index], "legend").textContent;
      const text = Object.assign(document.createElement("span"), { className: "words", textContent: title });
      const state = Object.assign(document.createElement("span"), { className: `state${tone ? ` is-${tone}` : ""}` });
      const word = document.createElement("span");
      word.textContent = words(outcomes[index]);
      if (outcomes[index] === "open") word.className = "visually-hidden";
      state.append(drawing(symbol), word);
      button.append(number, text, state);
      button.addEventListener("click", () => go(list[index]));
      const row = document.createElement("li");
      row.append(button);
      return row;
    }),
  );
  frame.querySelector("[data-near]").hidden = !rows.length;
}

function go(article) {
  if (!article) return;
  if (current) take(current);
  current = article;
  history.replaceState(null, "", `#${article.id}`);
  refresh();
  article.focus();
  window.scrollTo(0, 0);
}

async function tell() {
  const rows = await waiting(visit, user).catch(() => []);
  const counts = {
    answers: rows.filter((row) => row.kind === "answer" && !row.refused).length,
    photos: rows.filter((row) => row.kind === "photo" && !row.refused).length,
  };
  const left = counts.answers + counts.photos;
  const offline = !navigator.onLine || trouble === "offline";
  const key = !keeps ? "noStore" : trouble === "session" ? "session" : offline ? "offline" : left ? "sending" : "";
  net.hidden = !key || (key === "sending" && !trouble);
  if (!key) return;
  net.classList.toggle("is-amber", key === "session" || key === "noStore");
  net.querySelector("[data-net-title]").textContent = words(`${key}Title`);
  net.querySelector("[data-net-text]").textContent = words(`${key}Text`, counts);
  net.querySelector("[data-net-link]").hidden = key !== "session";
}

/* ---- keeping and sending ---- */

async function take(article) {
  const state = stateOf(article);
  if (article.dataset.kept === state) return;
  article.dataset.kept = state;
  say(article, words("here"));
  const row = {
    kind: "answer",
    key: newKey(),
    visit,
    user,
    question: article.dataset.question,
    value: valueOf(article),
    note: noteOf(article),
    at: Date.now(),
  };
  await store(row);
}

async function store(row) {
  try {
    await keep(row);
    void send();
  } catch {
    keeps = false;
    void tell();
    await sendRow(row); // nothing can be kept here: at least the network may carry it
  }
}

function bodyOf(row) {
  const body = row.kind === "photo" ? new FormData() : new URLSearchParams();
  body.set("question", row.question);
  body.set("key", row.key);
  body.set("age_ms", String(Math.max(Date.now() - row.at, 0)));
  body.set("device", deviceName());
  if (row.kind === "photo") body.set("file", row.file, row.filename);
  else {
    body.set("value", row.value);
    body.set("note", row.note);
  }
  return body;
}

async function sendRow(row) {
  const response = await fetch(row.kind === "photo" ? frame.dataset.photosUrl : frame.dataset.answersUrl, {
    method: "POST",
    body: bodyOf(row),
    credentials: "same-origin",
    headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
  });
  const json = (response.headers.get("Content-Type") ?? "").includes("application/json");
  const answer = json ? await response.json() : null;
  if (answer?.ok) {
    taken(row, answer);
    return "taken";
  }
  if (response.status >= 500 || response.status === 429) return "later";
  if (response.redirected || answer?.error?.code === "form_expired" || answer?.error?.code === "not_found") return "session";
  const reason = answer?.message ?? answer?.error?.message ?? words("refusedTitle");
  refused(row, reason);
  return "refused";
}

async function send() {
  if (sending) return;
  sending = true;
  clearTimeout(timer);
  try {
    for (const row of await waiting(visit, user)) {
      if (row.refused) continue;
      const outcome = await sendRow(row);
      if (outcome === "session" || outcome === "later") {
        trouble = outcome;
        break;
      }
      trouble = "";
      attempts = 0;
      if (outcome === "taken") await drop(row.order);
      else await change({ ...row, refused: true });
    }
  } catch {
    trouble = "offline";
  } finally {
    sending = false;
  }
  await tell();
  if (trouble && trouble !== "session") {
    timer = setTimeout(send, RETRY_SECONDS[Math.min(attempts, RETRY_SECONDS.length - 1)] * 1000);
    attempts += 1;
  } else if (!trouble && (await waiting(visit, user).catch(() => [])).some((row) => !row.refused)) void send();
}

function taken(row, answer) {
  const article = byKey.get(row.question);
  if (row.kind === "photo") return photoTaken(row, answer);
  if (stateOf(article) !== `${row.value}\n${row.note}`) return; // changed since; the newer row is on its way
  if (answer.stale) {
    put(article, answer.value, answer.note);
    article.dataset.kept = stateOf(article);
    say(article, words("stale", { by: answer.by }), "amber");
    announce(words("stale", { by: answer.by }));
  } else say(article, words("kept"));
  article.dataset.outcome = answer.outcome;
  article.dataset.judged = answer.value;
  refresh();
}

function refused(row, reason) {
  const article = byKey.get(row.question);
  say(article, `${words("refusedTitle")}：${reason}`, "red");
  announce(reason);
  delete article.dataset.kept;
  if (row.kind === "photo") article.querySelector(`[data-key="${row.key}"]`)?.remove();
}

/* ---- photos ---- */

function showPhoto(row) {
  const article = byKey.get(row.question);
  const item = document.createElement("li");
  item.dataset.key = row.key;
  const image = document.createElement("img");
  image.src = URL.createObjectURL(row.file);
  image.alt = `${words("photo")} ${row.filename}`;
  const here = Object.assign(document.createElement("span"), { className: "here" });
  here.append(drawing("phone"), document.createTextNode(words("here")));
  item.append(image, here);
  part(article, "[data-photos]").append(item);
}

function photoTaken(row, answer) {
  const article = byKey.get(row.question);
  const item = article.querySelector(`[data-key="${row.key}"]`);
  if (!item) return;
  item.querySelector(".here")?.remove();
  const button = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-icon" });
  button.setAttribute("aria-label", words("remove"));
  button.append(drawing("x"));
  button.addEventListener("click", () => removePhoto(answer.remove_url, item, article));
  item.append(button);
}

async function removePhoto(url, item, article) {
  try {
    const response = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
    });
    if (response.ok) item.remove();
    else say(article, words("refusedTitle"), "red");
  } catch {
    say(article, words("offlineTitle"), "amber");
  }
}

async function addPhoto(article, input) {
  const [file] = input.files;
  input.value = "";
  if (!file) return;
  const most = Number(frame.dataset.mostBytes);
  if (file.size > most) {
    say(article, words("tooBig", { size: fileSize(file.size), limit: fileSize(most) }), "red");
    return;
  }
  const question = article.dataset.question;
  const row = { kind: "photo", key: newKey(), visit, user, question, file, filename: file.name, at: Date.now() };
  showPhoto(row);
  await store(row);
}

/* ---- beginning ---- */

async function lookAtOutbox() {
  try {
    for (const row of await waiting(visit, user)) {
      if (row.kind === "photo") {
        if (!row.refused) showPhoto(row);
      } else {
        const article = byKey.get(row.question);
        put(article, row.value, row.note);
        article.dataset.kept = stateOf(article);
        say(article, words("here"));
      }
    }
  } catch {
    keeps = false;
  }
}

function listen(article) {
  const form = part(article, "[data-answer]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void take(article);
  });
  form.addEventListener("change", (event) => {
    const na = part(form, "input[name=na]");
    const written = part(form, "input[name=value]:not([type=radio])");
    if (event.target === na && na.checked && written) written.value = "";
    if (event.target === written && written.value && na) na.checked = false;
    void take(article);
    refresh();
  });
  const camera = part(article, "[data-photo] input[type=file]");
  camera.addEventListener("change", () => addPhoto(article, camera));
  for (const remove of article.querySelectorAll("[data-remove-photo]")) {
    remove.addEventListener("submit", (event) => {
      event.preventDefault();
      void removePhoto(remove.action, remove.closest("li"), article);
    });
  }
}

async function keepPage() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(frame.dataset.workerUrl, { scope: "/enterprises/" });
    const ready = await navigator.serviceWorker.ready;
    const parts = performance.getEntriesByType("resource").map((entry) => entry.name);
    const own = parts.filter((address) => address.startsWith(`${location.origin}/static/`));
    const channel = new MessageChannel();
    channel.port1.onmessage = ({ data }) => {
      frame.querySelector("[data-kept]").hidden = data.missing > 0;
      if (data.missing) setTimeout(keepPage, RETRY_SECONDS.at(-1) * 1000);
    };
    ready.active.postMessage({ keep: location.pathname, parts: own }, [channel.port2]);
  } catch {
    // Without a worker the open page still works; only loading it anew needs the network.
  }
}

async function begin() {
  frame.classList.add("is-paged");
  for (const name of ["[data-bar]", "[data-toggle-all]"]) frame.querySelector(name).hidden = false;
  for (const article of articles) {
    article.dataset.kept = stateOf(article);
    article.dataset.judged = valueOf(article);
    listen(article);
  }
  await lookAtOutbox();
  const named = articles.find((article) => `#${article.id}` === location.hash);
  current = named ?? shown().find((article) => !valueOf(article)) ?? shown()[0] ?? null;
  refresh();
  const neighbour = (step) => shown()[shown().indexOf(current) + step];
  frame.querySelector("[data-back]").addEventListener("click", () => go(neighbour(-1)));
  frame.querySelector("[data-next]").addEventListener("click", () => go(neighbour(1)));
  frame.querySelector("[data-toggle-all]").addEventListener("click", (event) => {
    all = !all;
    event.currentTarget.setAttribute("aria-pressed", String(all));
    refresh();
  });
  window.addEventListener("online", () => void send());
  window.addEventListener("offline", () => void tell());
  window.addEventListener("pagehide", () => current && void take(current));
  await send();
  void keepPage();
}

void begin();
