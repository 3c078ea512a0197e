import type { Clock } from '../../../plugin/core/ports/host.ts';
import type { SeededRandom } from '../../attack/random.ts';
import type { DiskBay } from '../shared/disk-bay.ts';
import type { DiskStore } from '../shared/disk-store.ts';
import type { Latency } from '../shared/latency.ts';
import type { Delay } from './latencies.ts';

/** Everything that a project's stand-in is made of. */
export interface WorldParts {
  readonly project: string;
  readonly projectNumber: string;
  readonly zones: readonly string[];
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly latency: Latency<Delay>;
  readonly bay: DiskBay;
  readonly store: DiskStore;
  /** How long `wait` waits: two minutes, scaled. */
  readonly waitDeadlineMs: number;
  /** Where a disk that another machine has is refused. Both are seen of the real one. */
  readonly conflicts: 'in-operation' | 'at-once';
  /** How too many requests are refused. Both are seen of the real one. */
  readonly throttleStatus: 403 | 429;
  /** How much all disks of a region may have together. */
  readonly quotaGb: number;
}
