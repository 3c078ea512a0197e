import { setTimeout as delay } from 'node:timers/promises';
import { CommandError, type RunResult } from '../../scripts/lib/run.ts';
import { JsonPeer } from './json-peer.ts';

interface ExecStatus {
  readonly exited: boolean;
  readonly exitcode?: number;
  readonly 'out-data'?: string;
  readonly 'err-data'?: string;
}

const BOOT_DEADLINE_MS = 120_000;
const PING_MS = 500;
const POLL_MS = 50;
const COMMAND_DEADLINE_MS = 180_000;

/** A machine from within: commands are run by QEMU's own guest agent, any number at a time. */
export class Guest {
  readonly #agent: JsonPeer;

  private constructor(agent: JsonPeer) {
    this.#agent = agent;
  }

  /** Waits until the machine's agent answers. @throws Error when it does not within two minutes */
  static async reach(socketPath: string): Promise<Guest> {
    const agent = await JsonPeer.connect(socketPath);
    const end = Date.now() + BOOT_DEADLINE_MS;
    for (;;) {
      try {
        // What is said before the agent listens is lost.
        await agent.execute('guest-ping', {}, PING_MS);
        return new Guest(agent);
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }

  /** Runs a command to its end, whatever its exit code. @throws CommandError when it outlives its deadline */
  async runRaw(
    command: string,
    args: readonly string[],
    deadlineMs = COMMAND_DEADLINE_MS,
  ): Promise<RunResult> {
    const begun = { path: command, arg: args, 'capture-output': true };
    const { pid } = (await this.#agent.execute('guest-exec', begun)) as { pid: number };
    const end = Date.now() + deadlineMs;
    for (;;) {
      const status = (await this.#agent.execute('guest-exec-status', { pid })) as ExecStatus;
      const result = {
        exitCode: status.exited ? (status.exitcode ?? null) : null,
        stdout: Buffer.from(status['out-data'] ?? '', 'base64').toString(),
        stderr: Buffer.from(status['err-data'] ?? '', 'base64').toString(),
      };
      if (status.exited) return result;
      if (Date.now() > end)
        throw new CommandError(command, args, result, `did not end within ${String(deadlineMs / 1_000)} s`);
      await delay(POLL_MS);
    }
  }

  /** Runs a command to its end and gives its output. @throws CommandError unless it exits with 0 */
  async run(command: string, args: readonly string[]): Promise<string> {
    const result = await this.runRaw(command, args);
    if (result.exitCode !== 0)
      throw new CommandError(command, args, result, `exited with ${String(result.exitCode)}`);
    return result.stdout;
  }

  /** Hangs up; the machine goes on. */
  close(): void {
    this.#agent.close();
  }
}
