// live.js owns the socket. It carries {"topic","seq"} and nothing else; what changed is fetched as HTML that this user may
// see (fragments.js). Topic "*" means "you missed something". Where sockets are blocked the page asks every 30 seconds.
//
// Reads: body[data-live-url], body[data-live-seq] (where the log ended when the page was made);
//        [data-live="topic topic"] (a region), [data-every="3"] on it (asks so often in any case, in seconds);
//        [data-status] with .label inside (the pill); [data-updated] (age of the data, shown when stale).

import { $, $$ } from './dom.js';
import { refresh, regions } from './fragments.js';

const POLL = 30_000;
const STALE = 60_000;
const LONGEST = 30_000;
/** After so many attempts the page asks by itself. */
const TRIES = 3;
const SIGNED_OUT = 4401;

/** Where in the log the page is. */
let seq = 0;
/** When the page was last known to be as it should. */
let contact = Date.now();
let asked = Date.now();
let failures = 0;
let poller;
let socket;
let over = false;

const isOpen = () => socket?.readyState === WebSocket.OPEN;

function status(name, text) {
  const pill = $('[data-status]');
  if (!pill) return;
  pill.dataset.status = name;
  pill.hidden = false;
  const label = $('.label', pill);
  if (label.textContent !== text) label.textContent = text;
}

function showAge() {
  // An open socket would have told.
  if (isOpen()) contact = Date.now();
  const age = Date.now() - contact;
  const minutes = Math.floor(age / 60_000);
  const text = minutes < 60 ? `Updated ${minutes} min ago` : `Updated ${Math.floor(minutes / 60)} h ago`;
  for (const place of $$('[data-updated]')) {
    place.hidden = age < STALE;
    if (place.textContent !== text) place.textContent = text;
  }
}

const topics = () => new Set(regions().flatMap((region) => region.dataset.live.split(' ')));

function onMessage(event) {
  let message;
  try {
    message = JSON.parse(event.data);
  } catch {
    return;
  }
  seq = Math.max(seq, Number(message.seq) || 0);
  if (message.topic === '*' || topics().has(message.topic)) refresh();
}

/** Polling says so only once a request has come back; until then the page counts as offline. */
function poll() {
  if (poller) return;
  poller = setInterval(refresh, POLL);
  refresh();
}

function stopPolling() {
  clearInterval(poller);
  poller = undefined;
}

function end() {
  over = true;
  stopPolling();
  socket?.close();
  status('off', 'Signed out');
}

function onClose(event) {
  if (over) return;
  failures += 1;
  if (event.code === SIGNED_OUT) {
    // Signed out, or merely given another cookie: the page's own address knows.
    poll();
  } else {
    if (!poller) status('off', 'Offline');
    if (failures >= TRIES) poll();
  }
  const wait = Math.min(LONGEST, 500 * 2 ** failures) * (0.7 + Math.random() * 0.6);
  setTimeout(connect, wait);
}

function connect() {
  if (over || (socket && socket.readyState <= WebSocket.OPEN)) return;
  const url = new URL(document.body.dataset.liveUrl, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  url.searchParams.set('topics', [...topics()].join(','));
  // What came meanwhile is told first.
  url.searchParams.set('after', seq);
  socket = new WebSocket(url);
  socket.addEventListener('open', () => {
    failures = 0;
    stopPolling();
    status('on', 'Live');
    showAge();
  });
  socket.addEventListener('message', onMessage);
  socket.addEventListener('close', onClose);
}

/** Asks for what no event tells, as often as a region wants it. */
function askAnyway() {
  const wishes = regions().map((region) => Number(region.dataset.every) || Infinity);
  if (Date.now() - asked < Math.min(Infinity, ...wishes) * 1000) return;
  asked = Date.now();
  refresh();
}

export function startLive() {
  if (!regions().length) return;
  seq = Number(document.body.dataset.liveSeq) || 0;
  document.addEventListener('lb:contact', () => {
    contact = asked = Date.now();
    showAge();
    if (poller) status('poll', 'Every 30 s');
  });
  document.addEventListener('lb:failed', () => {
    if (!isOpen()) status('off', 'Offline');
  });
  document.addEventListener('lb:signed-out', end);
  addEventListener('offline', () => status('off', 'Offline'));
  addEventListener('online', () => {
    refresh();
    if (isOpen()) status('on', 'Live');
    else connect();
  });
  setInterval(showAge, 15_000);
  setInterval(askAnyway, 1000);
  connect();
}
