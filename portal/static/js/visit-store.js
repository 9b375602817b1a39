/* What a visit has not sent yet, kept in this browser until the portal has taken it.

   One IndexedDB store, `outbox`, a row an answer or photo:
     key       the idempotency key; the portal counts each key once, however often it is sent
     visit, user   a row is only ever sent for the visit and by the person that it belongs to
     kind      "answer" or "photo"
     question, value, na, note | question, file, filename
     at        Date.now() when it was given; what is sent is the time passed since, not this clock
     order     running number: rows are sent in the order in which they were given
     refused   the portal's reason, when it did not take the row */
const NAME = "portal-visits";
let opening = null;

function database() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      const store = request.result.createObjectStore("outbox", { keyPath: "order", autoIncrement: true });
      store.createIndex("visit", "visit");
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run(mode, work) {
  const base = await database();
  return new Promise((resolve, reject) => {
    const transaction = base.transaction("outbox", mode);
    const request = work(transaction.objectStore("outbox"));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = () => reject(transaction.error);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** A key that no other answer has. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
}

/** Keep a row; an older row of the same question that was refused makes room for it. */
export async function keep(row) {
  if (row.kind === "answer") {
    for (const old of await waiting(row.visit, row.user)) {
      if (old.kind === "answer" && old.question === row.question && old.refused) await drop(old.order);
    }
  }
  return run("readwrite", (store) => store.add(row));
}

/** Change a row in place. */
export const change = (row) => run("readwrite", (store) => store.put(row));

/** Forget a row that the portal has taken. */
export const drop = (order) => run("readwrite", (store) => store.delete(order));

/** What waits for this visit and person, in the order in which it was given. */
export async function waiting(visit, user) {
  const rows = await run("readonly", (store) => store.index("visit").getAll(visit));
  return rows.filter((row) => user === undefined || row.user === user).sort((one, other) => one.order - other.order);
}

/** A name for this browser, so that the trace can tell two phones apart. */
export function deviceName() {
  try {
    let name = localStorage.getItem("portal-device");
    if (!name) {
      name = newKey().slice(0, 8);
      localStorage.setItem("portal-device", name);
    }
    return name;
  } catch {
    return "";
  }
}
