// graphile-worker, as its manual has one use it: jobs of a queue that do nothing. Prints one JSON object.
//
//     DATABASE_URL=... node graphile.mjs burn 20000        claims and ends them all
//     DATABASE_URL=... node graphile.mjs open RATE SECONDS  enqueues at that rate and measures until the handler begins
import { makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { openLoop, report } from './loop.mjs';

const [what, ...args] = process.argv.slice(2);
const connectionString = process.env.DATABASE_URL;
const utils = await makeWorkerUtils({ connectionString });
await utils.migrate();
const db = new pg.Client(connectionString);
await db.connect();

let done = 0, total = 0, finished;
const all = new Promise((resolve) => { finished = resolve; });
const started = [];
const start = () => run({
  pgPool: new pg.Pool({ connectionString, max: 26 }), concurrency: 24, noHandleSignals: true, pollInterval: 2000,
  taskList: { nothing: async (p) => { if (p.t) started.push(Date.now() + performanceOffset() - p.t); if (++done === total) finished(); } },
});
// Milliseconds with fractions on the clock that Date.now() has.
function performanceOffset() { return performance.timeOrigin + performance.now() - Date.now(); }
const now = () => Date.now() + performanceOffset();

if (what === 'burn') {
  total = Number(args[0]);
  await db.query("select graphile_worker.add_job('nothing', json_build_object('i', i)) from generate_series(1, $1::int) i", [total]);
  const began = now();
  const runner = await start();
  await all;
  console.log(JSON.stringify({ jobs_per_s: Math.round(total / ((now() - began) / 1000)) }));
  await runner.stop();
} else {
  const runner = await start();
  await openLoop(Number(args[0]), Number(args[1]), async () => {
    total++;
    await db.query("select graphile_worker.add_job('nothing', json_build_object('t', $1::float8))", [now()]);
  });
  while (done < total) await new Promise((r) => setTimeout(r, 5));
  console.log(JSON.stringify(report(started)));
  await runner.stop();
}
process.exit(0);
