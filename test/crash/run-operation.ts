import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import { Refusal } from '../support/engine-client.ts';
import type { Operation } from './operation.ts';
import { chooseEvenly } from './sampling.ts';
import { type Boundary, type Effect, TracedStowage } from './traced-stowage.ts';
import { World } from './world.ts';

/** How many boundaries of one operation are tried. */
export interface Budget {
  /** Of the program's own effects. */
  readonly own: number;
  /** Of the effects of its commands. */
  readonly commands: number;
  /** 0 ≤ offset < 1: which ones, when not all. */
  readonly offset: number;
  /** Only this one, as a failure names it: `OPERATION:KIND:NUMBER:WHEN`. */
  readonly only?: string;
}

/** What came of one operation. */
export interface OperationResult {
  readonly name: string;
  /** Boundaries there are: of the program, of its commands. */
  readonly own: number;
  readonly commands: number;
  /** Times the program was killed. */
  readonly killed: number;
  /** Tries in which the boundary was not reached, as the order of effects had changed. */
  readonly missed: number;
  readonly failures: readonly string[];
  readonly seconds: number;
}

const MOST_FAILURES = 5;

/** Counts the operation's effects, then kills the program at the boundaries, one after the other. */
export async function runOperation(
  operation: Operation,
  budget: Budget,
  newWorld: () => Promise<World> = localWorld,
): Promise<OperationResult> {
  const begin = performance.now();
  let world = await newWorld();
  const failures: string[] = [];
  let [killed, missed] = [0, 0];
  try {
    // The first time some things are made that are there ever after.
    await countEffects(operation, world);
    const effects = await countEffects(operation, world);
    const own = boundariesOf(effects, 'M');
    const commands = boundariesOf(effects, 'C');
    const chosen = [
      ...chooseEvenly(own, budget.own, budget.offset),
      ...chooseEvenly(commands, budget.commands, budget.offset),
    ].filter((boundary) => budget.only === undefined || budget.only === keyOf(operation, boundary));
    for (const boundary of chosen) {
      try {
        if (await tryBoundary(operation, world, boundary, isLate(boundary, effects))) killed += 1;
        else missed += 1;
      } catch (failure) {
        failures.push(describe(operation, boundary, failure, world));
        if (failures.length >= MOST_FAILURES) break;
        await world.close().catch(() => undefined);
        world = await newWorld();
      }
    }
    if (failures.length === 0) await assertStateEmpty(world);
    const seconds = (performance.now() - begin) / 1000;
    return {
      name: operation.name,
      own: own.length,
      commands: commands.length,
      killed,
      missed,
      failures,
      seconds,
    };
  } finally {
    await world.close();
  }
}

async function localWorld(): Promise<World> {
  const world = new World(await TracedStowage.prepare());
  await world.start();
  return world;
}

async function countEffects(operation: Operation, world: World): Promise<readonly Effect[]> {
  world.nextAttempt();
  await operation.prepare(world);
  if (operation.act === undefined) await world.start('count');
  else {
    world.traced.order('count');
    await operation.act(world);
  }
  const effects = [...(await world.traced.countedEffects())];
  world.traced.order('off');
  await operation.promised(world);
  world.answered = true;
  if (operation.act !== undefined) await operation.act(world);
  await operation.tidy(world);
  await world.assertNothingLeft();
  return effects;
}

/** A call that the kernel refused has changed nothing, so there is nothing between before and after it. */
function boundariesOf(effects: readonly Effect[], kind: Effect['kind']): Boundary[] {
  return effects
    .filter(
      (effect) =>
        effect.kind === kind && effect.result >= 0 && !(effect.call === 'wait4' && effect.result === 0),
    )
    .flatMap((effect) => [
      { effect, when: 'before' as const },
      { effect, when: 'after' as const },
    ]);
}

/** True for what comes with the reply or after it. */
function isLate({ effect }: Boundary, effects: readonly Effect[]): boolean {
  return effects.indexOf(effect) >= effects.findIndex(({ call }) => call === 'reply');
}

/** True when the program was killed as asked. Throws when it has lost or left anything. */
async function tryBoundary(
  operation: Operation,
  world: World,
  boundary: Boundary,
  late: boolean,
): Promise<boolean> {
  const { traced } = world;
  world.nextAttempt();
  await operation.prepare(world);
  const order = traced.killAt(boundary);
  if (operation.act === undefined) traced.launch(order);
  else traced.order(order);
  world.answered = operation.act !== undefined && (await isAnswered(operation.act(world)));
  const killed = await traced.wasKilled(waitFor(operation, world, late));
  if (!killed) await traced.stowage.kill9();
  await world.start();
  world.restarted = true;
  await checkAll(operation, world);
  return killed;
}

function waitFor({ act }: Operation, world: World, late: boolean): number {
  if (act === undefined || !world.answered) return 20_000;
  return late ? 2_000 : 0;
}

async function checkAll(operation: Operation, world: World): Promise<void> {
  await world.assertAtRest();
  if (world.answered) await operation.promised(world);
  else {
    // Behind what recovery still does with the volume.
    await world.engine.unmount(world.volume, 'nobody');
    await operation.unanswered?.(world);
  }
  if (operation.act !== undefined) await operation.act(world);
  await operation.promised(world);
  await operation.tidy(world);
  await world.assertNothingLeft();
}

/** False when the connection broke. A refusal is a failure: nothing stood in the way. */
async function isAnswered(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (thrown) {
    if (thrown instanceof Refusal || thrown instanceof assert.AssertionError) throw thrown;
    return false;
  }
}

/** No row is left of any volume, and the database is whole. */
async function assertStateEmpty({ traced }: World): Promise<void> {
  await traced.stowage.stop();
  const database = new DatabaseSync(join(traced.stowage.dataDirectory, 'state', 'stowage.db'));
  try {
    assert.deepEqual(database.prepare('SELECT name, state FROM volumes').all(), [], 'rows are left');
    assert.deepEqual(database.prepare('SELECT volume FROM mount_references').all(), [], 'claims are left');
    assert.equal(database.prepare('PRAGMA integrity_check').get()?.['integrity_check'], 'ok');
  } finally {
    database.close();
  }
}

function keyOf({ name }: Operation, { effect, when }: Boundary): string {
  return `${name}:${effect.kind}:${String(effect.number)}:${when}`;
}

function describe(operation: Operation, boundary: Boundary, failure: unknown, world: World): string {
  const reason = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
  const answered = world.answered ? 'answered' : 'not answered';
  const log = world.traced.stowage.output().split('\n').slice(-12).join('\n');
  return `STOWAGE_CRASH='${keyOf(operation, boundary)}' (${boundary.effect.call} ${boundary.effect.subject}, ${answered})\n${reason}\nlog after the restart:\n${log}`;
}
