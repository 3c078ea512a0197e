import { ioctl, mount, syncfs, umount2 } from './system-calls.ts';

/** The calls that may take long, by name, as `syscall-worker.ts` runs them. */
export const BLOCKING_CALLS = { mount, umount2, syncfs, ioctl };

/** Name of a call that may take long. */
export type BlockingCall = keyof typeof BLOCKING_CALLS;

/** What a call wants. */
export type BlockingArguments<Call extends BlockingCall> = Parameters<(typeof BLOCKING_CALLS)[Call]>;
