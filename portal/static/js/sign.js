/* Signing: a statement can be agreed only after it was opened, and the button says what is missing.

   form[data-sign]
     [data-statement]                     one statement (macro statement of components/signing.html)
        input[data-agree]                 its check box; off until the statement was opened
        details[data-open]                the text; opening it writes the moment into [data-opened-field]
                                          and, with data-open-url, tells the server (POST, field statement)
        [data-agree-button]               agrees, closes, opens the next
     input[data-password], input[data-code]   what else must be there (the code only where it is asked for)
     button[data-sign-button]             aria-disabled until nothing is missing
     [data-missing]                       says what is missing
   The form leaves only when the server has noted every opening, so that a slow network does not make it refuse.
   Without scripts the boxes are free and the server refuses what was not opened or agreed. */
import { announce, csrfToken, text } from "./texts.js";

const form = document.querySelector("form[data-sign]");
const statements = form ? [...form.querySelectorAll("[data-statement]")] : [];
const noted = new Map(); // statement → promise: has the server noted that it was opened?
let leaving = "no"; // then "waiting", then "ready"
const part = (statement, name) => statement.querySelector(`[data-${name}]`);
const time = (moment) => moment.toLocaleTimeString("zh-CN", { hour12: false });

function missing() {
  const left = statements.filter((statement) => !part(statement, "agree").checked).length;
  if (left) return text("agreeLeft", { n: left });
  const password = form.querySelector("[data-password]");
  if (password && !password.value) return text("passwordMissing");
  const code = form.querySelector("[data-code]");
  if (code && !code.value.trim()) return text("codeMissing");
  return "";
}

function refresh() {
  const words = missing();
  const button = form.querySelector("[data-sign-button]");
  if (button.dataset.blocked) return; // the server's own reason stands
  if (words) button.setAttribute("aria-disabled", "true");
  else button.removeAttribute("aria-disabled");
  form.querySelector("[data-missing]").textContent = words;
  const counter = document.querySelector("[data-agreed-count]");
  if (counter) counter.textContent = String(statements.filter((one) => part(one, "agree").checked).length);
}

function opened(statement) {
  const field = part(statement, "opened-field");
  const box = part(statement, "agree");
  if (!field.value) {
    const now = new Date();
    field.value = now.toISOString();
    const words = text("openedAt", { time: time(now) });
    part(statement, "opened-at").textContent = words;
    part(statement, "remark").textContent = words;
    noted.set(statement, note(statement));
  }
  box.disabled = false;
  part(statement, "agree-button").disabled = false;
}

async function note(statement) {
  const url = part(statement, "open").dataset.openUrl;
  if (!url) return true;
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
      body: new URLSearchParams({ statement: statement.dataset.statement }),
    });
    return answer.ok;
  } catch {
    announce(text("offline"));
    return false;
  }
}

/** Wait until every opening is noted, those that did not arrive once more, then send the form. */
async function leave(button) {
  leaving = "waiting";
  for (const [statement, arrived] of noted) if (!(await arrived)) noted.set(statement, note(statement));
  await Promise.all(noted.values());
  leaving = "ready";
  setTimeout(() => form.requestSubmit(button)); // not from within the submit event, where it would be ignored
}

function agree(statement) {
  part(statement, "agree").checked = true;
  part(statement, "open").open = false;
  const next = statements.find((one) => !part(one, "agree").checked);
  if (next) {
    part(next, "open").open = true;
    part(next, "open").querySelector("summary").focus();
  } else {
    (form.querySelector("[data-password]") ?? form.querySelector("[data-sign-button]")).focus();
  }
  refresh();
}

for (const statement of statements) {
  const details = part(statement, "open");
  const seen = Boolean(part(statement, "opened-field").value);
  part(statement, "agree").disabled = !seen && !part(statement, "agree").checked;
  details.addEventListener("toggle", () => details.open && opened(statement));
  if (details.open) opened(statement);
  part(statement, "agree").addEventListener("change", refresh);
  part(statement, "agree-button").addEventListener("click", () => agree(statement));
}

if (form) {
  form.addEventListener("input", refresh);
  form.addEventListener("submit", (event) => {
    if (leaving === "ready" || !event.submitter?.matches("[data-sign-button]")) return;
    event.preventDefault();
    if (missing()) announce(missing());
    else if (leaving === "no") void leave(event.submitter);
  });
  refresh();
}
