/* On the page of a visit that is signed: its questions need not lie in this browser any more. */
const page = document.querySelector("[data-forget]");

if (page && "caches" in window) {
  for (const name of await caches.keys()) await (await caches.open(name)).delete(page.dataset.forget);
}
