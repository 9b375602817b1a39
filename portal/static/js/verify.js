/* Compares a file of the reader's with the one that was issued. The file stays on the reader's machine.

   [data-verify]            round it; data-sha256 holds the issued file's hash in lower-case hex
     input[type=file]       chosen or dropped on
     [data-verify-result]   the answer appears here (role=status)
   Web Crypto exists only over https and on this very machine; elsewhere the words say so and
   [data-verify-by-hand] (a command to run) is shown. */
import { text } from "./texts.js";

async function sha256(file) {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function show(place, tone, words) {
  place.hidden = false;
  place.className = `notice notice-${tone}`;
  for (const symbol of place.querySelectorAll("[data-for]")) symbol.hidden = symbol.dataset.for !== tone;
  place.querySelector("[data-words]").textContent = words;
}

for (const area of document.querySelectorAll("[data-verify]")) {
  const place = area.querySelector("[data-verify-result]");
  area.querySelector('input[type="file"]').addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (!file) return;
    if (!globalThis.crypto?.subtle) {
      show(place, "amber", text("noCrypto"));
      area.querySelector("[data-verify-by-hand]")?.removeAttribute("hidden");
      return;
    }
    show(place, "info", text("hashing"));
    const same = (await sha256(file)) === area.dataset.sha256.toLowerCase();
    show(place, same ? "green" : "red", text(same ? "same" : "different", { name: file.name }));
  });
}
