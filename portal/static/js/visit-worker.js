/* Service worker of visits: serves the page of questions, and what it is made of, when there is no network.

   It keeps only what a work page asks it to keep and answers how much of that is still missing, always asks
   the network first, shows what it keeps when the network fails or stalls, and forgets a page as soon as the
   network answers that it is not to be seen any more (signed, signed out, not allowed). */
const CACHE = "visits-1";
const PATIENCE_MS = 4000; // a network that is there and does not answer is as good as none
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
  const walks = event.request.mode === "navigate" && WORK.test(url.pathname);
  if (walks) answer(event, page(event.request, url), url.pathname);
  else if (url.pathname.startsWith("/static/")) answer(event, asset(event.request), event.request);
});

function answer(event, asked, name) {
  event.respondWith(orKept(asked, () => caches.match(name, { cacheName: CACHE, ignoreSearch: true })));
  event.waitUntil(asked.catch(() => null)); // what comes late still sets the kept page right
}

async function orKept(asked, kept) {
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  try {
    return (await Promise.race([asked, patience.then(kept)])) ?? (await asked);
  } catch (failure) {
    const found = await kept();
    if (found) return found;
    throw failure;
  }
}

async function page(request, url) {
  const cache = await caches.open(CACHE);
  const found = await fetch(request);
  if (found.ok && !found.redirected && found.type === "basic") await cache.put(url.pathname, found.clone());
  else if (found.status < 500) await cache.delete(url.pathname);
  return found;
}

async function asset(request) {
  const found = await fetch(request);
  await found.clone().arrayBuffer(); // a body may stall as well as a head
  return found;
}
