import { it } from 'node:test';
import { assertAtRest } from './at-rest.ts';
import type { ManagedPlugin } from './managed-plugin.ts';
import type { Stage } from './stage.ts';

/** One thing that a user does, with what must come of it. It ends with no container running. */
export type Scenario = (stage: Stage<ManagedPlugin>) => Promise<void>;

/** Scenarios by what they prove. */
export type Scenarios = Readonly<Record<string, Scenario>>;

/** Longer than any scenario takes on a busy machine, short enough to tell of one that hangs. */
const DEADLINE_MS = 240_000;

/** What outlives the scenarios of a stage. */
export interface Lasting {
  readonly container: string;
  readonly volume: string;
}

/**
 * Makes a test of every scenario: plays it, asserts that it left nothing mounted, attached or counted, and clears
 * its containers and volumes away.
 */
export function play(stage: () => Stage<ManagedPlugin>, scenarios: Scenarios, lasting?: Lasting): void {
  for (const [name, scenario] of Object.entries(scenarios)) {
    it(name, { timeout: DEADLINE_MS }, async () => {
      try {
        await scenario(stage());
        await assertAtRest(stage(), lasting?.volume);
      } catch (error) {
        // What comes next needs a clean stage; what went wrong here is what must be told.
        await clearAway(stage(), lasting).catch(() => undefined);
        throw error;
      }
      await clearAway(stage(), lasting);
    });
  }
}

async function clearAway({ api, driver }: Stage, lasting: Lasting | undefined): Promise<void> {
  const containers = (await api.ask('GET', '/containers/json?all=1')) as { Id: string; Names: string[] }[];
  for (const { Id, Names } of containers) {
    if (!Names.includes(`/${String(lasting?.container)}`))
      await api.ask('DELETE', `/containers/${Id}?force=1&v=1`);
  }
  // Only these two drivers are asked: a plain process that was here and is gone would cost the engine 15 seconds.
  const filters = encodeURIComponent(JSON.stringify({ driver: [driver.shownAs, 'local'] }));
  const { Volumes } = (await api.ask('GET', `/volumes?filters=${filters}`)) as {
    Volumes: { Name: string }[] | null;
  };
  for (const { Name } of Volumes ?? []) {
    if (Name !== lasting?.volume) await api.ask('DELETE', `/volumes/${Name}?force=1`);
  }
}
