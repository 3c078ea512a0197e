import { StowageError } from '../core/errors.ts';
import type { BlockDevices, Log, LoopDevice } from '../core/ports/host.ts';

export class LoopDevices implements BlockDevices {
  constructor(_settings: { deviceDirectory: string; log: Log }) {}
  findLoop(_file: string): Promise<LoopDevice | undefined> {
    return Promise.resolve(undefined);
  }
  attachLoop(_file: string): Promise<LoopDevice> {
    return Promise.reject(new StowageError('E_NOT_SUPPORTED', 'not yet'));
  }
  refreshLoop(_loop: LoopDevice): Promise<void> {
    return Promise.reject(new StowageError('E_NOT_SUPPORTED', 'not yet'));
  }
}
