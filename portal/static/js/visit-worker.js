/* Service worker of visits: serves the page of questions, and what it is made of, when there is no network.

   It keeps only what a work page asks it to keep and answers how much of that is still missing, always asks
   the network first, and forgets a page as soon as the network answers that it is not to be seen any more
   (signed, signed out, not allowed). */
const CACHE = "visits-1";
const WORK = /^\/enterprises\/\d+\/visits\/\d+\/walk$/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("message", (event) => {
  const { keep, forget, parts } = event.data ?? {};
  if (forget) event.waitUntil(caches.open(CACHE).then((cache) => cache.delete(forget)));
  if (keep && WORK.test(keep)) event.waitUntil(keepAll(keep, parts ?? [], event.ports[0]));
});

async function keepAll(page, parts, asker) {
  const cache = await caches.open(CACHE);
  await Promise.allSettled([keepPage(cache, page), ...parts.map((part) => cache.add(part))]);
  const kept = await Promise.all([page, ...parts].map((part) => cache.match(part)));
  asker?.postMessage({ missing: kept.filter((one) => !one).length });
}

async function keepPage(cache, page) {
  const answer = await fetch(page, { credentials: "same-origin" });
  if (answer.ok && !answer.redirected) await cache.put(page, answer);
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && WORK.test(url.pathname)) event.respondWith(page(event.request, url));
  else if (url.pathname.startsWith("/static/")) event.respondWith(asset(event.request));
});

async function page(request, url) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected && answer.type === "basic") await cache.put(url.pathname, answer.clone());
    else if (answer.status < 500) await cache.delete(url.pathname);
    return answer;
  } catch (failure) {
    const kept = await cache.match(url.pathname);
    if (kept) return kept;
    throw failure;
  }
}

async function asset(request) {
  try {
    return await fetch(request);
  } catch (failure) {
    const kept = await caches.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw failure;
  }
}
