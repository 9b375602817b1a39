/* On the page where the visitor signs: says when answers of this visit still wait in this browser. */
import { waiting } from "./visit-store.js";

const place = document.querySelector("[data-waiting-visit]");

if (place) {
  const rows = await waiting(Number(place.dataset.waitingVisit)).catch(() => []);
  place.hidden = !rows.length;
}
