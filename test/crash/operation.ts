import type { World } from './world.ts';

/** One call, and what has to hold about it however often the program is killed meanwhile. */
export interface Operation {
  readonly name: string;
  /** Brings about what the call needs. For a start: leaves the program dead. */
  prepare(world: World): Promise<void>;
  /** The call; undefined for the start of the program. */
  readonly act: ((world: World) => Promise<unknown>) | undefined;
  /** Asserts what an answer to the call promises: of an answer given before the kill, and again after a repeat. */
  promised(world: World): Promise<void>;
  /** Asserts what holds after a kill and a restart when no answer was given. */
  unanswered?(world: World): Promise<void>;
  /** Gives everything back. */
  tidy(world: World): Promise<void>;
}
