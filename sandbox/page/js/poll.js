// Looking again and again, gently: one look at a time, none while the page is hidden, fewer while something is wrong.

const SLOWEST_MS = 10_000;

/**
 * Look every *intervalMs*. Returns {now, stop}: `now()` looks at once, and resolves when that look is over.
 * *onTrouble(trouble or null)* is told of a failed look, and of the first good one after it.
 */
export function watch(look, intervalMs, onTrouble = () => {}) {
  let waitMs = intervalMs;
  let timer = 0;
  let running = null;
  let again = false;
  let stopped = false;

  async function once() {
    clearTimeout(timer);
    try {
      await look();
      if (waitMs !== intervalMs) onTrouble(null);
      waitMs = intervalMs;
    } catch (trouble) {
      onTrouble(trouble);
      waitMs = Math.min(Math.max(waitMs, 1000) * 2, SLOWEST_MS);
    }
    if (!stopped) timer = setTimeout(() => (document.hidden ? rest() : now()), waitMs);
  }

  function rest() {
    document.addEventListener('visibilitychange', now, { once: true });
  }

  function now() {
    if (stopped) return Promise.resolve();
    if (running) {
      again = true;
      return running;
    }
    running = once().finally(() => {
      running = null;
      if (again) {
        again = false;
        return now();
      }
    });
    return running;
  }

  now();
  return { now, stop: () => { stopped = true; clearTimeout(timer); } };
}
