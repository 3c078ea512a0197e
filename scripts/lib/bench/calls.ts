import type { ServingProcess } from './serving-process.ts';
import { formatMs, type Goal, type Table } from './report.ts';
import { median, quantile } from './statistics.ts';

/** The calls of one life of a volume, in this order. */
const CALLS = ['Create', 'Get', 'List', 'Mount', 'Unmount', 'Remove'] as const;

type CallName = (typeof CALLS)[number];

/** A plugin that takes part, and what its volumes are created with. */
export interface Contestant {
  readonly process: ServingProcess;
  readonly options: object | null;
}

/** All samples of one plugin, in milliseconds. */
type Samples = Readonly<Record<CallName, number[]>>;

/** What was measured beside so many other volumes. */
export interface CallFigures {
  readonly size: number;
  readonly stowage: Samples;
  readonly peer: Samples;
}

/** Lets both plugins take turns: a volume's whole life here, a volume's whole life there. */
export async function measureCalls(
  size: number,
  rounds: number,
  stowage: Contestant,
  peer: Contestant,
): Promise<CallFigures> {
  console.error(`volumes: ${rounds} rounds of calls beside ${size} volumes …`);
  const figures = { size, stowage: emptySamples(), peer: emptySamples() };
  for (let round = 0; round < rounds; round += 1) {
    const turns = [
      () => liveOnce(stowage, round, figures.stowage),
      () => liveOnce(peer, round, figures.peer),
    ];
    // Who begins takes turns too: the second may find the machine busy with what the first has left.
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
  }
  return figures;
}

async function liveOnce({ process, options }: Contestant, round: number, samples: Samples): Promise<void> {
  const Name = `bench-${round}`;
  const ID = Name.padEnd(64, '0');
  const requests: Record<CallName, object> = {
    Create: { Name, Opts: options },
    Get: { Name },
    List: {},
    Mount: { Name, ID },
    Unmount: { Name, ID },
    Remove: { Name },
  };
  for (const call of CALLS) {
    samples[call].push((await process.client.call(`VolumeDriver.${call}`, requests[call])).ms);
  }
}

function emptySamples(): Samples {
  return { Create: [], Get: [], List: [], Mount: [], Unmount: [], Remove: [] };
}

/** One table per number of volumes. */
export function callTable({ size, stowage, peer }: CallFigures): Table {
  return {
    title: `Calls on the socket beside ${size} other volumes, in ms`,
    columns: ['call', 'Stowage', 'p99', 'rclone', 'p99', 'ratio of medians'],
    rows: CALLS.map((call) => [
      call,
      ...[stowage, peer].flatMap((samples) =>
        [median(samples[call]), quantile(samples[call], 0.99)].map(formatMs),
      ),
      (median(stowage[call]) / median(peer[call])).toFixed(2),
    ]),
  };
}

/** Faster on every call. */
export function callGoals(all: readonly CallFigures[]): Goal[] {
  return all.map(({ size, stowage, peer }) => {
    const slower = CALLS.filter((call) => median(stowage[call]) >= median(peer[call]));
    return {
      promise: `every call is faster than with rclone beside ${size} other volumes`,
      figure: slower.length === 0 ? 'all are' : `slower: ${slower.join(', ')}`,
      met: slower.length === 0,
    };
  });
}
