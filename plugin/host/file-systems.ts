import { StowageError } from '../core/errors.ts';
import { statfs } from 'node:fs/promises';
import type { FileSystemFacts, FileSystems, FileSystemType, Log } from '../core/ports/host.ts';
import type { RunCommand } from './run-command.ts';
import type { BlockingCalls } from './syscall-pool.ts';

const todo = (): Promise<never> => Promise.reject(new StowageError('E_NOT_SUPPORTED', 'not yet'));
export class KernelFileSystems implements FileSystems {
  constructor(_run: RunCommand, _calls: BlockingCalls, _log: Log) {}
  format(_path: string, _type: FileSystemType, _options: readonly string[]): Promise<void> {
    return todo();
  }
  probe(_path: string): Promise<FileSystemFacts | undefined> {
    return todo();
  }
  check(_path: string, _type: FileSystemType): Promise<void> {
    return todo();
  }
  grow(_device: string, _target: string, _type: FileSystemType): Promise<void> {
    return todo();
  }
  renew(_path: string, _type: FileSystemType): Promise<void> {
    return todo();
  }
  async space(path: string): Promise<{ readonly usedBytes: number; readonly sizeBytes: number }> {
    const s = await statfs(path, { bigint: true });
    return { usedBytes: Number((s.blocks - s.bfree) * s.bsize), sizeBytes: Number(s.blocks * s.bsize) };
  }
}
