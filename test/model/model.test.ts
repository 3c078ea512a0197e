import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { cases, type Command, describeCommand } from './commands.ts';
import { playEpisode, type Tally } from './episode.ts';

const SOAK = process.env['STOWAGE_SOAK'] !== undefined;
/** Least number of calls. */
const CALLS = Number(process.env['STOWAGE_MODEL_CALLS'] ?? (SOAK ? 1_000_000 : 20_000));
/** Replays a run: the seed it printed, and for a failure the path to the shrunk case. */
const SEED = Number(process.env['STOWAGE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const PATH = process.env['STOWAGE_PATH'];
const LONGEST = 900;
/** Shrinking a case plays it again and again; what is smallest by then is printed. */
const SHRINKING_MS = 10 * 60_000;

it(`${String(CALLS)} calls of 16 clients on 8 volumes do what the model says`, async () => {
  const tally: Tally = { calls: 0, kills: 0, vanished: 0 };
  const begin = performance.now();
  let episodes = 0;
  for (let seed = SEED; tally.calls < CALLS; seed += 1) {
    const property = fc.asyncProperty(fc.noBias(cases(LONGEST)), async (commands) => {
      episodes += 1;
      await playEpisode(commands, tally).catch((failure: unknown) => {
        // At once: shrinking takes minutes.
        console.log(
          `with seed ${String(seed)}, ${String(commands.length)} commands: ${describeError(failure)}`,
        );
        throw failure;
      });
    });
    const path = PATH === undefined ? {} : { path: PATH };
    const details = (await fc.check(property, {
      seed,
      numRuns: 1,
      plugins: [fc.interruptAfterTimeLimit(SHRINKING_MS)],
      ...path,
    })) as fc.RunDetails<[Command[]]>;
    if (details.failed && details.counterexample !== null) assert.fail(describeFailure(seed, details));
    if (PATH !== undefined) break;
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(0);
  console.log(
    `model: ${String(tally.calls)} calls in ${String(episodes)} episodes, ${String(tally.kills)} kills, ` +
      `${String(tally.vanished)} mounts taken off, ${seconds} s; STOWAGE_SEED=${String(SEED)}`,
  );
});

function describeFailure(seed: number, details: fc.RunDetails<[Command[]]>): string {
  const [commands = []] = details.counterexample ?? [];
  const replay = `STOWAGE_SEED=${String(seed)} STOWAGE_PATH=${details.counterexamplePath ?? ''}`;
  const reason = describeError(details.errorInstance);
  return `${replay}\n${reason}\nafter ${String(commands.length)} commands:\n${commands.map(describeCommand).join('\n')}`;
}

function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause =
    thrown.cause instanceof Error ? `\nbecause of ${thrown.cause.stack ?? thrown.cause.message}` : '';
  return `${thrown.stack ?? thrown.message}${cause}`;
}
