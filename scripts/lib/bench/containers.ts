import { Agent, request } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { ensureImage } from '../base-images.ts';
import { buildPlugin } from '../build-plugin.ts';
import { startEngine, type Engine } from '../engine.ts';
import { formatMs, type Goal, type Table } from './report.ts';
import { median, quantile } from './statistics.ts';
import type { Workplace } from './workplace.ts';

const DRIVERS = ['stowage', 'local'] as const;
const IMAGE = 'busybox:latest';
const PAIRS = 31;
/** The first runs fill caches that later ones find full. */
const WARM_UP = 3;
const GOAL = 1.05;

type Driver = (typeof DRIVERS)[number];
type Way = (driver: Driver) => Promise<void>;

interface Figures {
  readonly way: string;
  readonly stowage: number[];
  readonly local: number[];
}

/** What was measured, and on which engine. */
export interface ContainerFigures {
  readonly engine: string;
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
}

/** Times a container's life with a Stowage volume and with one of Docker's own, on one engine, in turns. */
export async function measureContainers(workplace: Workplace): Promise<ContainerFigures> {
  const plugin = await buildPlugin('volume');
  const engine = await startEngine({ release: '20.10' });
  workplace.onClose(() => engine.stop());
  await ensureImage(engine, IMAGE, false);
  await engine.docker('plugin', 'create', 'stowage', plugin);
  await engine.docker('plugin', 'enable', 'stowage');
  for (const driver of DRIVERS)
    await engine.docker('volume', 'create', '--driver', driver, `bench-${driver}`);
  const figures = [
    await measurePairs('docker run --rm', (driver) => runByCommandLine(engine, driver)),
    await measurePairs('API: create, start, wait, remove', (driver) => runByApi(engine, driver)),
  ];
  const version = await engine.docker('version', '--format', '{{.Server.Version}}');
  await engine.stop();
  return { engine: `Docker ${version}`, tables: [containerTable(figures)], goals: containerGoals(figures) };
}

async function measurePairs(way: string, run: Way): Promise<Figures> {
  console.error(`volumes: ${PAIRS} pairs of containers by ${way} …`);
  const figures: Figures = { way, stowage: [], local: [] };
  for (let pair = -WARM_UP; pair < PAIRS; pair += 1) {
    for (const driver of pair % 2 === 0 ? DRIVERS : DRIVERS.toReversed()) {
      const begun = performance.now();
      await run(driver);
      if (pair >= 0) figures[driver].push(performance.now() - begun);
    }
  }
  return figures;
}

async function runByCommandLine(engine: Engine, driver: Driver): Promise<void> {
  const mount = `type=volume,volume-driver=${driver},src=bench-${driver},dst=/data`;
  await engine.docker('run', '--rm', '--mount', mount, IMAGE, 'true');
}

async function runByApi(engine: Engine, driver: Driver): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const call = async (method: string, path: string, body?: object): Promise<string> => {
    const headers = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const sent = request({ socketPath: engine.socketPath, method, path: `/v1.41${path}`, agent, headers });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = await once(sent, 'response');
    const answer = await text(response);
    if (response.statusCode >= 300) throw new Error(`${method} ${path} failed: ${answer}`);
    return answer;
  };
  const Mounts = [{ Type: 'volume', Source: `bench-${driver}`, Target: '/data' }];
  const created = await call('POST', '/containers/create', {
    Image: IMAGE,
    Cmd: ['true'],
    HostConfig: { Mounts },
  });
  const id = String(Reflect.get(JSON.parse(created), 'Id'));
  await call('POST', `/containers/${id}/start`);
  await call('POST', `/containers/${id}/wait`);
  await call('DELETE', `/containers/${id}`);
  agent.destroy();
}

/** The middle of the ratios within a pair: what slows the machine for a while slows both of a pair. */
function pairedRatio({ stowage, local }: Figures): number {
  return median(stowage.map((ms, index) => ms / (local[index] ?? Number.NaN)));
}

function containerTable(all: readonly Figures[]): Table {
  return {
    title: `A container's life with a volume, in ms (${PAIRS} pairs)`,
    columns: ['way', 'Stowage', 'p90', 'built-in local', 'p90', 'ratio of medians', 'median of ratios'],
    rows: all.map((figures) => [
      figures.way,
      ...[figures.stowage, figures.local].flatMap((samples) =>
        [median(samples), quantile(samples, 0.9)].map(formatMs),
      ),
      (median(figures.stowage) / median(figures.local)).toFixed(3),
      pairedRatio(figures).toFixed(3),
    ]),
  };
}

function containerGoals(all: readonly Figures[]): Goal[] {
  return all.map((figures) => {
    const ratio = median(figures.stowage) / median(figures.local);
    return {
      promise: `${figures.way} takes at most ${GOAL} times as long as with the built-in local driver`,
      figure: ratio.toFixed(3),
      met: ratio <= GOAL,
    };
  });
}
