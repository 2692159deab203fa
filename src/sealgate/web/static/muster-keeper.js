// Keeps the newest roll call, and what it needs to be drawn, for when the server does not answer. Registered by muster.js
// when somebody asks for it. The copy goes when they let it go, or when the page is asked for by nobody who is signed in.
"use strict";
const KEPT = "roll-call";
const isRollCall = (url) => /^\/s\/[0-9a-f-]+\/muster$/.test(url.pathname);

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (isRollCall(url) || url.pathname.startsWith("/static/")) event.respondWith(freshOrKept(event.request, url));
});

async function freshOrKept(request, url) {
  const store = await caches.open(KEPT);
  const key = isRollCall(url) ? url.pathname : url.href;
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected) await store.put(key, answer.clone());
    else if (isRollCall(url)) await store.delete(key);
    return answer;
  } catch (error) {
    const kept = await store.match(key);
    if (kept) return kept;
    throw error;
  }
}
