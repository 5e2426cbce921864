// Calls at random times with a mean rate, whether or not the ones before have ended; and what came of it.
export async function openLoop(rate, seconds, call) {
  const end = performance.now() + seconds * 1000;
  let next = performance.now(), seed = 12345;
  const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return (seed + 1) / 2147483649; };
  const calls = [];
  for (;;) {
    next += -Math.log(random()) * 1000 / rate;
    if (next > end) break;
    await new Promise((r) => setTimeout(r, Math.max(0, next - performance.now())));
    calls.push(call());
  }
  await Promise.all(calls);
}

export function report(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (p) => Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))].toFixed(3));
  return { samples: sorted.length, p50_ms: at(0.5), p99_ms: at(0.99) };
}
