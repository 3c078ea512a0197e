import { closeSync, mkdirSync, openSync } from 'node:fs';
import { mount } from '../../plugin/host/system-calls.ts';

/** A mount whose server never answers: everything that asks it for something hangs until it is abandoned. */
export interface DeadShare {
  readonly target: string;
  /** Lets the hanging calls fail. Twice is fine. */
  readonly abandon: () => void;
}

/** Mounts a user-space file system that nobody serves. */
export function mountDeadShare(target: string): DeadShare {
  mkdirSync(target);
  const fd = openSync('/dev/fuse', 'r+');
  mount('dead', target, 'fuse', 0, `fd=${fd},rootmode=40000,user_id=0,group_id=0`);
  let open = true;
  return {
    target,
    abandon: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}
