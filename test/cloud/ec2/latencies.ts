import type { Spread } from '../shared/latency.ts';

/** What takes time in the stand-in. */
export type Delay =
  | 'create'
  | 'attach'
  | 'detach'
  | 'delete'
  | 'modify'
  | 'optimize'
  | 'snapshot'
  | 'instance'
  /** Until a describe shows what has just been made. */
  | 'visible'
  /** How often it is looked whether a busy volume has been let go of. */
  | 'busy';

/**
 * Create, attach and detach as the makers of the EBS CSI driver published them (create: half within 1.5 s, 99 % within
 * 4 s; attach and detach: most in 1 to 4 s). The others are estimates of the same order.
 */
export const EBS_DELAYS: Record<Delay, Spread> = {
  create: { medianMs: 1_500, p99Ms: 4_000 },
  attach: { medianMs: 2_000, p99Ms: 4_000 },
  detach: { medianMs: 2_000, p99Ms: 4_000 },
  delete: { medianMs: 2_000, p99Ms: 8_000 },
  modify: { medianMs: 3_000, p99Ms: 20_000 },
  optimize: { medianMs: 30_000, p99Ms: 300_000 },
  snapshot: { medianMs: 15_000, p99Ms: 60_000 },
  instance: { medianMs: 20_000, p99Ms: 60_000 },
  visible: { medianMs: 500, p99Ms: 2_000 },
  busy: { medianMs: 1_000, p99Ms: 1_000.1 },
};
