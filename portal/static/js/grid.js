/* The table of a month: saves each value as it is left, moves with Enter and arrows, takes a paste from a
   spreadsheet, and writes the server's answer into the page.

   MARKUP (macros in components/month.html make all of it)
     [data-grid]                      round the table; everything below may also stand outside it
     input[data-cell="KEY"]           a value. Inputs of one <tr> are its columns, in order.
         data-save-url                POST address
         data-row-version             number read with the value
         data-unit                    optional; sent as `unit`
         data-extra-NAME="…"          optional; each is sent as NAME
       inside <span class="cell">, which wears is-saving, is-saved, is-unsaved, is-invalid, is-blocking
     [data-cell="KEY"] (not input)    a derived figure
     tr[data-row="KEY"]               the row of a value; wears has-message
     tr[data-message-row="KEY"] > … [data-messages="KEY"]   what checks say under it; hidden while empty
     [data-total="KEY"]               a figure of the running total
     [data-section-tag="KEY"]         the tag of a section
     [data-live="KEY"]                any other part that an answer may replace
     [data-save-state] with [data-save-word] and [data-save-remark]
     template#grid-conflict, template#grid-failure   (macro grid_templates)

   REQUEST  POST, application/x-www-form-urlencoded, header X-CSRFToken, Accept: application/json
     value, row_version, unit, and every data-extra-NAME; value '' means blank, never zero

   ANSWERS
     200  {"ok": true, "row_version": 4, "display": "121,530.67",
           "row_versions": {cell: n},        versions of other values that moved with it
           "derived": {cell: "display"}, "totals": {key: "display"},
           "messages": {cell: "<html>" or ""}, "states": {cell: "blocking" or ""},
           "section_tags": {key: "<html>"}, "live": {key: "<html>"}, "remark": "09:14:32 · 沈示例"}
          all but ok and row_version may be left out; html comes from our own templates, already escaped
     409  {"ok": false, "conflict": {"display": "7.00", "row_version": 9, "who": "…", "when": "…"}}
     400, 422  {"ok": false, "message": "要填数字，例如 121,530.67"}   the typed value stays, marked
     403, 404  refused; 401 or a page instead of JSON: the session is over; 429 and 5xx: tried again

   A value that is not stored stays in its cell, marked, and is tried again after 2, 4, 8, 16, 30 s and when the
   browser is back on line; the page warns before it is left with such values.
*/
import { announce, csrfToken, text } from "./texts.js";

const RETRY_SECONDS = [2, 4, 8, 16, 30];
const queue = [];
const unsaved = new Set();
const stored = new WeakMap();
let sending = false;
let attempts = 0;
let retryTimer = null;

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const named = (attribute, key) => `[${attribute}="${CSS.escape(key)}"]`;
const isCell = (element) => element.matches?.("[data-grid] input[data-cell]");
const inputs = () => all("[data-grid] input[data-cell]");
const inputOf = (key) => document.querySelector(`input${named("data-cell", key)}`);

/* ---- state of saving ---- */

function mark(input, state) {
  const cell = input.closest(".cell");
  for (const name of ["saving", "saved", "unsaved", "invalid"]) {
    cell?.classList.toggle(`is-${name}`, name === state);
  }
  if (state === "saved") unsaved.delete(input);
  else if (state !== "saving") unsaved.add(input);
  if (state === "invalid") input.setAttribute("aria-invalid", "true");
  else if (!cell?.classList.contains("is-blocking")) input.removeAttribute("aria-invalid");
}

function tell(state, remark = "") {
  const place = document.querySelector("[data-save-state]");
  if (!place) return;
  place.dataset.state = state;
  place.querySelector("[data-save-word]").textContent = text(state);
  place.querySelector("[data-save-remark]").textContent = remark;
}

function tellWhatIsLeft(remark) {
  if (unsaved.size) tell("unsaved", text("countUnsaved", { n: unsaved.size }));
  else tell("saved", remark);
}

/* ---- sending, one after another ---- */

function save(input) {
  if (input.readOnly || input.value.trim() === stored.get(input)) {
    if (unsaved.has(input) && input.value.trim() === stored.get(input)) forget(input);
    return;
  }
  if (!queue.includes(input)) queue.push(input);
  mark(input, "saving");
  unsaved.add(input);
  sendNext();
}

function forget(input) {
  clearFailure(input);
  mark(input, "");
  unsaved.delete(input);
  tellWhatIsLeft("");
}

function bodyOf(input) {
  const body = new URLSearchParams({ value: input.value.trim(), row_version: input.dataset.rowVersion });
  if (input.dataset.unit) body.set("unit", input.dataset.unit);
  for (const attribute of input.attributes) {
    if (attribute.name.startsWith("data-extra-")) body.set(attribute.name.slice(11).replaceAll("-", "_"), attribute.value);
  }
  return body;
}

async function sendNext() {
  if (sending || !queue.length) return;
  sending = true;
  const input = queue.shift();
  const sent = input.value.trim();
  tell("saving", input.getAttribute("aria-label") ?? "");
  mark(input, "saving");
  try {
    const response = await fetch(input.dataset.saveUrl, {
      method: "POST",
      body: bodyOf(input),
      credentials: "same-origin",
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json", "X-Requested-With": "fetch" },
    });
    await take(input, sent, response);
  } catch {
    later(input, text("offline"));
  } finally {
    sending = false;
  }
  sendNext();
}

async function take(input, sent, response) {
  const json = (response.headers.get("Content-Type") ?? "").includes("application/json");
  if (response.status >= 500 || response.status === 429) return later(input, text("server"));
  const answer = json ? await response.json() : null;
  if (response.status === 409 && answer?.conflict) return conflict(input, answer.conflict);
  if (answer?.ok) return accept(input, sent, answer);
  if (answer?.message && response.status !== 401) return fail(input, answer.message, "invalid");
  if (response.status === 403 || response.status === 404) return fail(input, text("refused"), "unsaved");
  return fail(input, text("session"), "unsaved", true);
}

function accept(input, sent, answer) {
  attempts = 0;
  clearFailure(input);
  input.dataset.rowVersion = answer.row_version;
  const shown = answer.display ?? sent;
  if (input.value.trim() === sent) {
    if (document.activeElement !== input || sent !== shown) input.value = shown;
    stored.set(input, input.value.trim());
    mark(input, "saved");
  } else {
    stored.set(input, shown);
    save(input);
  }
  apply(answer);
  tellWhatIsLeft(answer.remark ?? `${new Date().toLocaleTimeString("zh-CN", { hour12: false })} · ${input.getAttribute("aria-label") ?? ""}`);
}

/* ---- the answer, written into the page ---- */

function apply(answer) {
  for (const [key, version] of Object.entries(answer.row_versions ?? {})) {
    const other = inputOf(key);
    if (other) other.dataset.rowVersion = version;
  }
  for (const [key, shown] of Object.entries(answer.derived ?? {})) writeFigure(key, shown);
  for (const [key, shown] of Object.entries(answer.totals ?? {})) {
    for (const place of all(named("data-total", key))) place.textContent = shown;
  }
  for (const [key, html] of Object.entries(answer.messages ?? {})) writeMessages(key, html);
  for (const [key, state] of Object.entries(answer.states ?? {})) {
    const input = inputOf(key);
    input?.closest(".cell").classList.toggle("is-blocking", state === "blocking");
    if (state === "blocking") input?.setAttribute("aria-invalid", "true");
  }
  for (const [key, html] of Object.entries(answer.section_tags ?? {})) {
    for (const place of all(named("data-section-tag", key))) place.innerHTML = html;
  }
  for (const [key, html] of Object.entries(answer.live ?? {})) {
    for (const place of all(named("data-live", key))) place.innerHTML = html;
  }
}

function writeFigure(key, shown) {
  for (const place of all(named("data-cell", key))) {
    if (place.matches("input")) {
      if (!unsaved.has(place) && place !== document.activeElement) {
        place.value = shown;
        stored.set(place, shown.trim());
      }
    } else if (place.textContent !== shown) {
      place.textContent = shown;
      const cell = place.closest(".cell");
      cell?.classList.remove("is-new-figure");
      requestAnimationFrame(() => cell?.classList.add("is-new-figure"));
      const button = place.closest("button[data-label]");
      if (button) button.setAttribute("aria-label", `${button.dataset.label} ${shown}`);
    }
  }
}

function showRow(key) {
  const place = document.querySelector(named("data-messages", key));
  const filled = Boolean(place?.childElementCount);
  document.querySelector(named("data-message-row", key))?.toggleAttribute("hidden", !filled);
  document.querySelector(named("data-row", key))?.classList.toggle("has-message", filled);
}

function writeMessages(key, html) {
  const place = document.querySelector(named("data-messages", key));
  if (!place) return;
  const kept = all("[data-conflict], [data-failure]", place);
  place.innerHTML = html;
  place.prepend(...kept);
  showRow(key);
}

/* ---- what went wrong ---- */

function panel(input, template, kind) {
  const place = document.querySelector(named("data-messages", input.dataset.cell));
  const blank = document.getElementById(template);
  if (!place || !blank) return null;
  clearFailure(input);
  const part = blank.content.firstElementChild.cloneNode(true);
  part.setAttribute(kind, "");
  place.prepend(part);
  showRow(input.dataset.cell);
  return part;
}

function clearFailure(input) {
  const place = document.querySelector(named("data-messages", input.dataset.cell));
  if (!place) return;
  for (const part of all("[data-conflict], [data-failure]", place)) part.remove();
  showRow(input.dataset.cell);
}

function fail(input, message, state, canRetry = false) {
  mark(input, state);
  const part = panel(input, "grid-failure", "data-failure");
  if (part) {
    part.querySelector("[data-text]").textContent = message;
    const again = part.querySelector("[data-retry]");
    if (canRetry) again.addEventListener("click", () => save(input));
    else again.remove();
  }
  tell("failed", message);
  announce(message);
}

function later(input, message) {
  fail(input, message, "unsaved", true);
  const wait = RETRY_SECONDS[Math.min(attempts, RETRY_SECONDS.length - 1)];
  attempts += 1;
  tell("unsaved", `${text("countUnsaved", { n: unsaved.size })} · ${text("retryIn", { n: wait })}`);
  clearTimeout(retryTimer);
  retryTimer = setTimeout(retryAll, wait * 1000);
}

function retryAll() {
  for (const input of unsaved) {
    if (input.closest(".cell")?.classList.contains("is-unsaved")) save(input);
  }
}

function conflict(input, theirs) {
  mark(input, "unsaved");
  input.closest(".cell")?.classList.replace("is-unsaved", "is-invalid"); // waits for a choice, not for the line
  const part = panel(input, "grid-conflict", "data-conflict");
  if (!part) return fail(input, text("failed"), "invalid");
  part.querySelector("[data-conflict-who]").textContent = [theirs.who, theirs.when].filter(Boolean).join(" ");
  part.querySelector("[data-conflict-theirs]").textContent = theirs.display || "—";
  part.querySelector("[data-conflict-mine]").textContent = input.value || "—";
  part.querySelector("[data-take-theirs]").addEventListener("click", () => {
    input.value = theirs.display ?? "";
    input.dataset.rowVersion = theirs.row_version;
    stored.set(input, input.value.trim());
    forget(input);
    input.focus();
  });
  part.querySelector("[data-take-mine]").addEventListener("click", () => {
    input.dataset.rowVersion = theirs.row_version;
    save(input);
    input.focus();
  });
  tell("failed", part.querySelector(".medium").textContent);
  return null;
}

/* ---- moving ---- */

function rows() {
  return all("[data-grid] tr")
    .map((row) => all("input[data-cell]", row).filter((input) => !input.readOnly))
    .filter((row) => row.length);
}

function neighbour(input, down, across) {
  const lines = rows();
  const line = lines.findIndex((row) => row.includes(input));
  const target = lines[line + down];
  if (!target) return null;
  return target[Math.min(lines[line].indexOf(input) + across, target.length - 1)] ?? null;
}

function move(input, down, across = 0) {
  const next = neighbour(input, down, across);
  if (!next || next === input) return false;
  next.focus();
  next.select();
  return true;
}

function atEdge(input, end) {
  const whole = input.selectionStart === 0 && input.selectionEnd === input.value.length;
  return whole || (input.selectionStart === input.selectionEnd && input.selectionEnd === (end ? input.value.length : 0));
}

document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (!isCell(input) || event.isComposing) return;
  let moved = false;
  if (event.key === "Enter") {
    if (!move(input, event.shiftKey ? -1 : 1)) save(input);
    moved = true;
  } else if (event.key === "ArrowDown") moved = move(input, 1);
  else if (event.key === "ArrowUp") moved = move(input, -1);
  else if (event.key === "ArrowRight" && atEdge(input, true)) moved = move(input, 0, 1);
  else if (event.key === "ArrowLeft" && atEdge(input, false) && neighbour(input, 0, -1)) moved = move(input, 0, -1);
  else if (event.key === "Escape") {
    input.value = stored.get(input);
    forget(input);
  }
  if (moved) event.preventDefault();
});

document.addEventListener("focusout", (event) => isCell(event.target) && save(event.target));

/* ---- pasting: lines go down, tabs go across; an empty cell of the sheet leaves ours as it is ---- */

document.addEventListener("paste", (event) => {
  const input = event.target;
  const pasted = event.clipboardData?.getData("text/plain") ?? "";
  if (!isCell(input) || !/[\t\n\r]/.test(pasted.trim())) return;
  event.preventDefault();
  const lines = pasted.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
  const table = rows();
  const top = table.findIndex((row) => row.includes(input));
  const left = table[top].indexOf(input);
  let over = 0;
  const filled = [];
  lines.forEach((line, down) => line.forEach((value, across) => {
    if (!value.trim()) return;
    const target = table[top + down]?.[left + across];
    if (!target) over += 1;
    else {
      target.value = value.trim();
      filled.push(target);
    }
  }));
  filled.forEach(save);
  announce(text("pasted", { n: filled.length }) + (over ? ` ${text("pasteOver", { n: over })}` : ""));
});

/* ---- beginning and end ---- */

for (const input of inputs()) stored.set(input, input.value.trim());
window.addEventListener("online", retryAll);
window.addEventListener("beforeunload", (event) => {
  const typing = isCell(document.activeElement) ? document.activeElement : null;
  if (typing && typing.value.trim() !== stored.get(typing)) unsaved.add(typing);
  if (unsaved.size) event.preventDefault();
});
