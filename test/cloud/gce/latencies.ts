import type { Spread } from '../shared/latency.ts';

/** What takes time in the stand-in. */
export type Delay =
  | 'pending'
  | 'create'
  | 'restore'
  | 'attach'
  | 'detach'
  | 'delete'
  | 'resize'
  | 'update'
  | 'labels'
  | 'snapshot'
  | 'upload';

/**
 * Estimates: Google publishes no times. The order is that of what the CSI driver's tests wait for and of what
 * operations on real projects show: labels at once, disks in seconds, snapshots in tens of seconds.
 */
export const GCE_DELAYS: Record<Delay, Spread> = {
  pending: { medianMs: 200, p99Ms: 1_000 },
  create: { medianMs: 1_500, p99Ms: 5_000 },
  restore: { medianMs: 5_000, p99Ms: 30_000 },
  attach: { medianMs: 3_000, p99Ms: 12_000 },
  detach: { medianMs: 3_000, p99Ms: 15_000 },
  delete: { medianMs: 1_000, p99Ms: 4_000 },
  resize: { medianMs: 2_000, p99Ms: 6_000 },
  update: { medianMs: 2_000, p99Ms: 6_000 },
  labels: { medianMs: 400, p99Ms: 1_500 },
  snapshot: { medianMs: 3_000, p99Ms: 10_000 },
  upload: { medianMs: 15_000, p99Ms: 60_000 },
};
