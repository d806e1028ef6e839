import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ItemResult } from '../../schemas/types.ts';

/** One per process, as is a hub. Labels never hold ids: their number must stay small, and metrics are shown to more people than data. */
const registry = new Registry();

const durations = new Histogram({
  name: 'tocsin_http_request_duration_seconds',
  help: 'Time from a request’s arrival to the end of its answer',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  registers: [registry],
});
const signals = new Counter({ name: 'tocsin_signals_written_total', help: 'Signals that members posted, by what became of them', labelNames: ['outcome'], registers: [registry] });
const changes = new Counter({ name: 'tocsin_feed_changes_total', help: 'Changes that were sent to members in pages of feeds', registers: [registry] });

const classes = new Gauge({ name: 'tocsin_visibility_classes', help: 'Visibility classes: different combinations of what policies can ask about', registers: [registry] });

/** What can become of a posted signal. */
export type WriteOutcome = ItemResult['status'] | 'retracted';

/** Counts signals that were written, or refused. */
export function countSignals(outcome: WriteOutcome, count = 1): void {
  signals.inc({ outcome }, count);
}

/** Counts changes that a page of a feed carried. */
export function countFeedChanges(count: number): void {
  changes.inc(count);
}

/** Shows how many visibility classes there are. */
export function showClasses(count: number): void {
  classes.set(count);
}

/** Records an answer. `route` is the route's pattern; undefined where no route matched. */
export function observeRequest(method: string, route: string | undefined, status: number, milliseconds: number): void {
  durations.observe({ method, route: route ?? 'none', status }, milliseconds / 1000);
}

/** The metrics in the text format of Prometheus. */
export function metricsText(): Promise<string> {
  if (!registry.getSingleMetric('process_start_time_seconds')) collectDefaultMetrics({ register: registry });
  return registry.metrics();
}

/** A running server of `GET /metrics`, and how to close it. */
export interface MetricsServer {
  url: string;
  close(): Promise<void>;
}

/** Serves the metrics, and nothing else, on an address of their own. */
export async function serveMetrics({ host, port }: { host: string; port: number }): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') return void response.writeHead(404).end();
    metricsText().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await listen(server, host, port);
  const bound = server.address() as AddressInfo;
  return { url: `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}/metrics`, close: () => close(server) };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
