// BullMQ on Redis with appendfsync always, the nearest to a durable queue it has. Prints one JSON object.
//
//     REDIS_PORT=... node bullmq.mjs burn 20000
//     REDIS_PORT=... node bullmq.mjs open RATE SECONDS
//     REDIS_PORT=... node bullmq.mjs fan 100 ROUNDS         one job behind a hundred, until it begins
import { FlowProducer, Queue, Worker } from 'bullmq';
import { openLoop, report } from './loop.mjs';

const [what, ...args] = process.argv.slice(2);
const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT), maxRetriesPerRequest: null };
const name = `bench-${process.pid}`;
const queue = new Queue(name, { connection });
const now = () => performance.timeOrigin + performance.now();
const wait = (ms) => new Promise((r) => setTimeout(r, ms));
let done = 0;
const started = [], joined = [];
const work = async (job) => {
  if (job.data.t) (job.name === 'join' ? joined : started).push(now() - job.data.t);
  done++;
};
const worker = () => new Worker(name, work, { connection, concurrency: 24 });

if (what === 'burn') {
  const total = Number(args[0]);
  for (let i = 0; i < total; i += 1000)
    await queue.addBulk(Array.from({ length: 1000 }, (_, k) => ({ name: 'n', data: { i: i + k } })));
  const began = now();
  worker();
  while (done < total) await wait(2);
  console.log(JSON.stringify({ jobs_per_s: Math.round(total / ((now() - began) / 1000)) }));
} else if (what === 'open') {
  let total = 0;
  worker();
  await openLoop(Number(args[0]), Number(args[1]), async () => { total++; await queue.add('n', { t: now() }); });
  while (done < total) await wait(5);
  console.log(JSON.stringify(report(started)));
} else {
  const flows = new FlowProducer({ connection });
  worker();
  for (let i = 0; i < Number(args[1]); i++) {
    const t = now();
    await flows.add({ name: 'join', queueName: name, data: { t },
      children: Array.from({ length: Number(args[0]) }, () => ({ name: 'n', queueName: name, data: { i } })) });
    while (joined.length <= i) await wait(1);
  }
  console.log(JSON.stringify(report(joined)));
}
process.exit(0);
