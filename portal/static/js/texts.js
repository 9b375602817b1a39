/* What the scripts say lies translated in the page (layouts/_texts.html); this reads it and speaks it. */

const shelf = document.getElementById("portal-texts");

/** The text under `key`, with {name} places filled from `values`. */
export function text(key, values = {}) {
  const pattern = shelf?.dataset[key] ?? "";
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Say something to readers' software without moving the focus. */
export function announce(words) {
  const voice = document.getElementById("announcer");
  if (voice) voice.textContent = words;
}

/** The token that every changing request carries. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** Bytes as a reader's measure. */
export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const kilobytes = bytes / 1024;
  return kilobytes < 1024 ? `${kilobytes.toFixed(1)} KB` : `${(kilobytes / 1024).toFixed(1)} MB`;
}
