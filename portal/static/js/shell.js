/* Manners of every page. All of it adds to markup that works without scripts.

   data-menu            <details> that closes on Escape, on a press elsewhere and when the focus leaves
   data-search          the field that Ctrl K (or ⌘ K) reaches
   data-dialog="id"     opens <dialog id>; data-close inside closes it
   data-check-all="css" ticks the check boxes of its form that fit
   data-copy="text"     copies the text and says so
   data-drop            drop zone round a file input: shows name and size in [data-drop-name],
                        refuses more than data-limit bytes, sends its form at once with data-submit
   data-send-on-change  sends the form when a <select> in it changes; [data-without-script] is hidden
   data-focus           takes the focus when the page opens (error summary)
   data-toggle-only="css"  check box: rows of the next table without that class are hidden while it is on
   popover              .popover-card is set under the button that opened it
   aria-disabled        a button so marked does nothing when pressed
*/
import { announce, csrfToken, fileSize, text } from "./texts.js";

document.documentElement.classList.add("has-script");

/* htmx sends the token of the page with everything that changes state. */
document.addEventListener("htmx:config:request", (event) => {
  const headers = event.detail?.ctx?.request?.headers;
  if (headers) headers["X-CSRFToken"] = csrfToken();
});

/* Menus */
function closeMenus(except = null) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details[data-menu]")));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const open = document.querySelector("details[data-menu][open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    const search = document.querySelector("[data-search]");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  }
});

/* Dialogs, copying, switched-off buttons: one listener each, so that parts swapped in later have them too. */
document.addEventListener("click", (event) => {
  const off = event.target.closest('[aria-disabled="true"]');
  if (off) {
    event.preventDefault();
    return;
  }
  const everything = event.target.closest("[data-check-all]");
  if (everything) {
    for (const box of everything.closest("form").querySelectorAll(everything.dataset.checkAll)) box.checked = true;
  }
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog?.showModal) {
    event.preventDefault();
    dialog.showModal();
  }
  event.target.closest("[data-close]")?.closest("dialog")?.close();
  const copier = event.target.closest("[data-copy]");
  if (copier) copy(copier);
});

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
  } catch {
    const field = document.createElement("textarea");
    field.value = button.dataset.copy;
    button.after(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  const words = button.lastChild;
  const before = words.textContent;
  words.textContent = text("copied");
  announce(text("copied"));
  setTimeout(() => (words.textContent = before), 1600);
}

/* Files */
function noteFiles(zone, input) {
  const limit = Number(zone.dataset.limit || 0);
  const note = zone.querySelector("[data-drop-name]");
  const heavy = [...input.files].find((file) => limit && file.size > limit);
  if (heavy) {
    if (note) note.textContent = text("tooBig", { size: fileSize(heavy.size), limit: fileSize(limit) });
    zone.classList.add("is-refused");
    input.value = "";
    return false;
  }
  zone.classList.remove("is-refused");
  const names = [...input.files].map((file) => file.name).join("、");
  const total = [...input.files].reduce((sum, file) => sum + file.size, 0);
  if (note && names) note.textContent = text("chosen", { name: names, size: fileSize(total) });
  return Boolean(names);
}

document.addEventListener("change", (event) => {
  const zone = event.target.closest?.("[data-drop]");
  if (zone && event.target.type === "file") {
    const good = noteFiles(zone, event.target);
    if (good && zone.hasAttribute("data-submit")) event.target.form.requestSubmit();
  }
  if (event.target.matches?.("[data-send-on-change] select")) event.target.form.requestSubmit();
  if (event.target.matches?.("[data-toggle-only]")) showOnly(event.target);
});

for (const [kind, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
  document.addEventListener(kind, (event) => {
    event.target.closest?.("[data-drop]")?.classList.toggle("is-over", over);
  });
}

function showOnly(box) {
  const table = document.querySelector(box.dataset.table);
  for (const row of table?.querySelectorAll("tbody tr:not(.group)") ?? []) {
    row.classList.toggle("is-filtered-out", box.checked && !row.classList.contains(box.dataset.toggleOnly));
  }
}

/* A pop-over stands under its button, or above it when there is no room below. */
let lastPressed = null;
document.addEventListener("click", (event) => {
  const button = event.target.closest("[popovertarget]");
  if (button && button.getAttribute("popovertargetaction") !== "hide") lastPressed = button;
}, true);

document.addEventListener("toggle", (event) => {
  const card = event.target;
  if (!card.matches?.(".popover-card[popover]")) return;
  const button = lastPressed?.getAttribute("popovertarget") === card.id ? lastPressed : null;
  button?.setAttribute("aria-expanded", String(event.newState === "open"));
  if (event.newState !== "open" || !button) return;
  const at = button.getBoundingClientRect();
  const size = card.getBoundingClientRect();
  const left = Math.max(12, Math.min(at.left + at.width / 2 - size.width / 2, window.innerWidth - size.width - 12));
  const below = at.bottom + 8;
  const top = below + size.height < window.innerHeight - 12 ? below : Math.max(12, at.top - size.height - 8);
  card.classList.add("is-placed");
  card.style.left = `${left}px`;
  card.style.top = `${top}px`;
}, true);

/* Errors first: the summary has the focus, and its links put the focus into the field. */
document.addEventListener("click", (event) => {
  const link = event.target.closest(".error-summary a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  const target = field.matches("fieldset") ? (field.querySelector("input") ?? field) : field;
  (field.closest(".field") ?? field).scrollIntoView({ block: "start" });
  target.focus({ preventScroll: true });
});

document.querySelector("[data-focus]")?.focus();
