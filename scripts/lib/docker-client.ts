import { CommandError, runRaw, type RunOptions, type RunResult } from './run.ts';

/** Whatever speaks to a Docker engine through a command line: one of our own engines, or the user's. */
export interface DockerClient {
  /** @returns standard output without the last line break. @throws CommandError when the command fails. */
  docker(...args: string[]): Promise<string>;
  /** @throws CommandError only at its deadline. */
  dockerRaw(args: readonly string[], options?: RunOptions): Promise<RunResult>;
}

/** The engine that the user's own `docker` speaks to. */
export class UserDocker implements DockerClient {
  async docker(...args: string[]): Promise<string> {
    const result = await this.dockerRaw(args);
    if (result.exitCode !== 0)
      throw new CommandError('docker', args, result, `exited with ${result.exitCode}`);
    return result.stdout.replace(/\n$/, '');
  }

  async dockerRaw(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return runRaw('docker', args, { deadlineMs: 300_000, ...options });
  }

  /** Whether there is such a command and an engine answers it. */
  async answers(): Promise<boolean> {
    try {
      return (await this.dockerRaw(['version'], { deadlineMs: 10_000 })).exitCode === 0;
    } catch {
      return false;
    }
  }
}
