// live.js owns the socket. It carries {"topic","seq"} and nothing else; what changed is fetched as HTML that
// this user may see. Topic "*" means "you missed something". Blocked sockets fall back to polling.
//
// Reads: body[data-live-url]; [data-live="topic topic"] with data-src (see fragments.js) and, optionally,
//        data-seq (the last sequence number it contains);
//        [data-status] with .label inside (the pill); [data-updated] (age of the data, shown when stale).

import { $, $$ } from './dom.js';
import { refresh } from './fragments.js';

const POLL = 30_000;
const STALE = 60_000;
const LONGEST = 30_000;
const SIGNED_OUT = 4401;

const seen = new Map();
let contact = Date.now();
let failures = 0;
let everOpen = false;
let poller;
let socket;

function status(name, text) {
  const pill = $('[data-status]');
  if (!pill) return;
  pill.dataset.status = name;
  const label = $('.label', pill);
  if (label.textContent !== text) label.textContent = text;
}

function showAge() {
  const age = Date.now() - contact;
  const live = $('[data-status]')?.dataset.status === 'on';
  const minutes = Math.floor(age / 60_000);
  for (const place of $$('[data-updated]')) {
    place.hidden = live || age < STALE;
    place.textContent = minutes < 60 ? `Updated ${minutes} min ago` : `Updated ${Math.floor(minutes / 60)} h ago`;
  }
}

function touched() {
  contact = Date.now();
  showAge();
}

function refreshTopic(topic) {
  for (const target of $$('[data-live][data-src]')) {
    if (topic === '*' || target.dataset.live.split(' ').includes(topic)) refresh(target);
  }
}

function onMessage(event) {
  touched();
  let message;
  try {
    message = JSON.parse(event.data);
  } catch {
    return;
  }
  const { topic, seq } = message;
  if (typeof topic !== 'string') return;
  if (typeof seq === 'number') {
    if (seq <= (seen.get(topic) ?? -1)) return;
    seen.set(topic, seq);
  }
  refreshTopic(topic);
}

/** Polling says so only once a request has come back; until then the page counts as offline. */
function poll() {
  if (poller) return;
  poller = setInterval(() => refreshTopic('*'), POLL);
  refreshTopic('*');
}

function stopPolling() {
  clearInterval(poller);
  poller = undefined;
}

function connect() {
  const url = new URL(document.body.dataset.liveUrl, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  socket = new WebSocket(url);

  socket.addEventListener('open', () => {
    // After a gap everything is asked again, and a restarted server may count from zero.
    if (everOpen || failures > 0) {
      seen.clear();
      refreshTopic('*');
    }
    everOpen = true;
    failures = 0;
    stopPolling();
    status('on', 'Live');
    touched();
  });
  socket.addEventListener('message', onMessage);
  socket.addEventListener('close', (event) => {
    if (event.code === SIGNED_OUT) {
      status('off', 'Signed out');
      return;
    }
    failures += 1;
    if (!poller) status('off', 'Offline');
    if (failures >= 3) poll();
    const wait = Math.min(LONGEST, 500 * 2 ** failures) * (0.7 + Math.random() * 0.6);
    setTimeout(connect, wait);
  });
}

export function startLive() {
  // A successful request is contact too, whichever way it came about.
  document.addEventListener('lb:contact', () => {
    touched();
    if (poller) status('poll', 'Every 30 s');
  });
  document.addEventListener('lb:failed', () => {
    if (poller) status('off', 'Offline');
  });
  addEventListener('offline', () => status('off', 'Offline'));
  addEventListener('online', () => {
    refreshTopic('*');
    if (socket.readyState === WebSocket.OPEN) status('on', 'Live');
  });
  // What the server knew when it rendered the page: older messages change nothing.
  for (const target of $$('[data-live][data-seq]')) {
    for (const topic of target.dataset.live.split(' ')) seen.set(topic, Number(target.dataset.seq));
  }
  setInterval(showAge, 15_000);
  connect();
}
