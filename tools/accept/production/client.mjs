// Runs in pods of the node: sends what applications send, and asks what people ask, over TLS by the names of Services.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

const agent = new Agent({ ca: readFileSync('/client/ca.crt'), keepAlive: true, maxSockets: 12 });
const timeout = 10_000;

/** @returns status and body; status 0 with the reason when nobody answers */
function ask(url, body) {
  return new Promise((resolve) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request(url, { agent, timeout, headers, method: body === undefined ? 'GET' : 'POST' }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', (error) => resolve({ status: 0, text: error.message }));
      response.on('end', () => resolve({ status: response.statusCode, text: Buffer.concat(chunks).toString() }));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('error', (error) => resolve({ status: 0, text: error.message }));
    sent.end(body);
  });
}

const resource = (service) => ({ attributes: [{ key: 'service.name', value: { stringValue: service } }] });
const nanos = (ms) => `${BigInt(Math.round(ms)) * 1_000_000n}`;

/** What is sent of a trace's id, by the signal it is. */
const signals = {
  traces: (service, { traceId, atMs }) => ({
    resourceSpans: [
      {
        resource: resource(service),
        scopeSpans: [
          {
            spans: [
              {
                ...{ traceId, spanId: traceId.slice(0, 16), name: 'GET /order', kind: 2 },
                ...{ startTimeUnixNano: nanos(atMs - 20), endTimeUnixNano: nanos(atMs) },
              },
            ],
          },
        ],
      },
    ],
  }),
  logs: (service, { traceId, atMs }) => ({
    resourceLogs: [
      {
        resource: resource(service),
        scopeLogs: [
          { logRecords: [{ timeUnixNano: nanos(atMs), severityNumber: 9, body: { stringValue: `order ${traceId}` } }] },
        ],
      },
    ],
  }),
  metrics: (service, { traceId, atMs, name = 'shop_orders' }) => ({
    resourceMetrics: [
      {
        resource: resource(service),
        scopeMetrics: [
          {
            metrics: [
              {
                name,
                gauge: {
                  dataPoints: [
                    {
                      ...{ timeUnixNano: nanos(atMs), asInt: '1' },
                      attributes: [{ key: 'order', value: { stringValue: traceId } }],
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  }),
};

/** Sends something again until it is taken, as collectors of applications do. @returns how often it was refused */
async function deliver(host, signal, service, item) {
  const body = JSON.stringify(signals[signal](service, item));
  for (let refused = 0; ; refused += 1) {
    const { status, text } = await ask(`https://${host}/v1/${signal}`, body);
    if (status === 200 && !/"rejected\w+":"?[1-9]/.test(text)) return refused;
    if (status !== 0 && status < 429) throw new Error(`${signal} are answered with ${status}: ${text}`);
    await sleep(200);
  }
}

const work = {
  /** One of each; prints what it was. */
  async one({ host, service, metric }) {
    const traceId = randomBytes(16).toString('hex');
    const item = { traceId, atMs: Date.now(), name: metric };
    for (const signal of Object.keys(signals)) await deliver(host, signal, service, item);
    console.log(JSON.stringify({ traceId }));
  },

  /** So many of each a second, until it is ended; prints each that was taken. */
  async many({ host, service, perSecond }) {
    for (;;) {
      const traceId = randomBytes(16).toString('hex');
      const item = { traceId, atMs: Date.now() };
      for (const signal of Object.keys(signals))
        void deliver(host, signal, service, item).then((refused) =>
          console.log(JSON.stringify({ taken: signal, traceId, refused, atMs: Date.now() })),
        );
      await sleep(1000 / perSecond);
    }
  },

  /** Asks for each of some addresses; prints status, milliseconds and, where it is wanted, what was answered. */
  async get({ base, paths, texts }) {
    const answers = [];
    const waiting = paths.keys();
    const lane = async () => {
      for (const index of waiting) {
        const start = performance.now();
        const { status, text } = await ask(`${base}${paths[index]}`);
        const ms = Math.round(performance.now() - start);
        answers[index] = { status, ms, ...(texts || status === 0 ? { text } : {}) };
      }
    };
    await Promise.all(Array.from({ length: 8 }, lane));
    console.log(JSON.stringify(answers));
  },
};

const [name, options = '{}'] = process.argv.slice(2);
process.on('SIGTERM', () => process.exit(0));
if (name === 'wait') {
  setInterval(() => undefined, 1 << 30);
} else {
  await work[name](JSON.parse(options));
  agent.destroy();
}
