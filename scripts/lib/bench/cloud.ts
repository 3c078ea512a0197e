import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { Goal, Report, Table } from './report.ts';

const PROGRAM = fileURLToPath(new URL('../../../test/cloud/bench/call-budget.ts', import.meta.url));

const counts = z.record(z.string(), z.number());
/** What the measuring program prints. */
const budgetSchema = z.object({
  backend: z.string(),
  life: counts,
  lifeSeconds: z.number(),
  firstMountSeconds: z.number(),
  cloudSeconds: z.number(),
  coldList: z.number(),
  warmList: z.number(),
  burst: counts,
  burstSeconds: z.number(),
  naive: z.object({ life: z.number(), list: z.number(), burst: z.number() }),
});

type Budget = z.output<typeof budgetSchema>;

/** As in the measuring program. */
const VOLUMES = 100;
const NODES = 10;
const SLOWER = 1.5;

/** How many calls of a cloud's API the work of Docker costs, counted by the clouds' stand-ins, and how long it takes. */
export async function benchCloud(): Promise<Report> {
  console.error('cloud: living, listing and mounting on the stand-ins of EC2 and Compute Engine …');
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], { maxBuffer: 16 * 1024 * 1024 });
  const budgets = z.array(budgetSchema).parse(JSON.parse(stdout));
  return {
    name: 'cloud',
    method:
      'Calls that the stand-ins of EC2 and Compute Engine counted, at the times that the clouds take (published for EBS, ' +
      'estimated for GCE). Beside them, reckoned and not run, the calls of a driver without memory that lists all volumes in ' +
      'every call and every look, as REX-Ray does for EBS.',
    tables: [callTable(budgets), ...budgets.map(lifeTable), timeTable(budgets)],
    goals: budgets.flatMap(goalsOf),
  };
}

function callTable(budgets: readonly Budget[]): Table {
  const rows = budgets.flatMap(({ backend, life, coldList, warmList, burst, naive }) => [
    [`${backend}: create, mount, unmount, remove`, String(sum(life)), String(naive.life)],
    [`${backend}: docker volume ls, 1,000 volumes, cold`, String(coldList), String(naive.list)],
    [
      `${backend}: docker volume ls, 1,000 volumes, warm, 10 times`,
      String(warmList),
      String(10 * naive.list),
    ],
    [`${backend}: 100 volumes mounted at once on 10 nodes`, String(sum(burst)), String(naive.burst)],
  ]);
  return { title: 'Calls of the API', columns: ['what', 'Stowage', 'list in every call'], rows };
}

function lifeTable({ backend, life, burst }: Budget): Table {
  const operations = [...new Set([...Object.keys(life), ...Object.keys(burst)])].toSorted();
  const rows = operations.map((name) => [name, String(life[name] ?? 0), String(burst[name] ?? 0)]);
  return { title: `Calls of ${backend} by operation`, columns: ['operation', 'one life', 'burst'], rows };
}

function timeTable(budgets: readonly Budget[]): Table {
  const rows = budgets.map(({ backend, firstMountSeconds, cloudSeconds, lifeSeconds, burstSeconds }) => [
    backend,
    cloudSeconds.toFixed(2),
    firstMountSeconds.toFixed(2),
    (firstMountSeconds / cloudSeconds).toFixed(2),
    lifeSeconds.toFixed(2),
    burstSeconds.toFixed(2),
  ]);
  const columns = ['backend', "the cloud's own", 'create and first mount', 'ratio', 'whole life', 'burst'];
  return { title: 'Seconds', columns, rows };
}

function goalsOf(budget: Budget): Goal[] {
  const { backend, coldList, warmList, burst, firstMountSeconds, cloudSeconds } = budget;
  const describes = describesOf(burst);
  // Each node looks about so often while its ten volumes are attached; one describe serves fifty volumes.
  const perNode = describes / NODES;
  const ratio = firstMountSeconds / cloudSeconds;
  return [
    goal(`${backend}: docker volume ls warm makes no call`, String(warmList), warmList === 0),
    goal(`${backend}: cold, one page for 500 volumes`, String(coldList), coldList <= 2),
    goal(
      `${backend}: in the burst the ${String(VOLUMES / NODES)} volumes of a node share their describes`,
      `${perNode.toFixed(1)} describes a node, where each volume by itself would take as many`,
      perNode <= VOLUMES / NODES + 5,
    ),
    goal(
      `${backend}: create and first mount within ${String(SLOWER)} times what the cloud takes`,
      ratio.toFixed(2),
      ratio <= SLOWER,
    ),
  ];
}

function goal(promise: string, figure: string, met: boolean): Goal {
  return { promise, figure, met };
}

function describesOf(calls: Readonly<Record<string, number>>): number {
  const reads = Object.entries(calls).filter(([name]) => /^DescribeVolumes$|disks.*(list|get)/i.test(name));
  return reads.reduce((total, [, count]) => total + count, 0);
}

function sum(calls: Readonly<Record<string, number>>): number {
  return Object.values(calls).reduce((total, count) => total + count, 0);
}
