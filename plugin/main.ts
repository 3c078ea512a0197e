import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { volumeDrivers } from '../drivers/registry.ts';
import { readDriverSetting, readProcessConfig, type Config } from './config.ts';
import { Backends } from './core/backends.ts';
import { StowageError, toStowageError } from './core/errors.ts';
import type { Log } from './core/ports/host.ts';
import { VolumeService } from './core/volume-service.ts';
import { createHost, SqliteStateStore, systemClock } from './host/index.ts';
import { createLog } from './log.ts';
import { activateEndpoint } from './protocol/plugin-activate.ts';
import { createProtocolServer } from './protocol/server.ts';
import { listenOnSocket } from './protocol/socket.ts';
import { volumeEndpoints } from './protocol/volume-driver.ts';

/** The engine kills what has not ended 10 s after SIGTERM (protocol.md, section 3, "Enable / crash / disable"). */
const GRACE_MS = 8_000;

function createVolumeService(config: Config, log: Log): VolumeService {
  const host = createHost({
    hostProc: config.STOWAGE_HOST_PROC,
    hostSys: config.STOWAGE_HOST_SYS,
    runDirectory: config.STOWAGE_RUN,
    log,
  });
  const clock = systemClock;
  const settings = {
    dataDirectory: config.STOWAGE_DATA,
    pathRoots: config.STOWAGE_PATH_ROOTS,
    cluster: config.STOWAGE_CLUSTER,
    detachGraceMs: config.STOWAGE_DETACH_GRACE,
    own: readDriverSetting,
  };
  const backends = new Backends(volumeDrivers, config.STOWAGE_BACKEND, { host, log, clock, settings });
  const store = new SqliteStateStore(join(config.STOWAGE_DATA, 'state', 'stowage.db'));
  return new VolumeService({ backends, store, host, clock, log, mountRoot: config.STOWAGE_MOUNTS });
}

async function serveVolumes(config: Config, log: Log): Promise<void> {
  const service = createVolumeService(config, log);
  const endpoints = [
    activateEndpoint(['VolumeDriver'], () => {
      service.engineStarted();
    }),
    ...volumeEndpoints(service),
  ];
  const server = createProtocolServer({
    endpoints,
    clock: systemClock,
    log,
    patience: config.STOWAGE_DEADLINE,
  });
  // Listen first: an engine waits at most 9.5 s for the socket and each miss costs it 3 s. Recovery comes after.
  await listenOnSocket(server, config.STOWAGE_SOCKET);
  log.info({ socket: config.STOWAGE_SOCKET, backend: config.STOWAGE_BACKEND }, 'listening');
  service.start();

  const stop = async (signal: string): Promise<void> => {
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(0), GRACE_MS).unref();
    // Closing also removes the socket file. Calls under way get their answers.
    server.close();
    await service.close();
    await setImmediate();
    server.closeIdleConnections();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));
}

async function main(): Promise<void> {
  let log = createLog('info');
  try {
    const config = readProcessConfig();
    log = createLog(config.STOWAGE_LOG_LEVEL);
    const word = process.argv[2] ?? 'volume';
    if (word !== 'volume') {
      throw new StowageError(
        'E_INVALID_CONFIG',
        `${JSON.stringify(word)} is not something this program can be`,
        {
          remedy: 'Run `node plugin/main.ts volume`.',
        },
      );
    }
    await serveVolumes(config, log);
  } catch (thrown) {
    const err = toStowageError(thrown);
    log.error({ err }, `cannot start: ${err.message}. ${err.remedy}`);
    process.exitCode = 1;
  }
}

// Not awaited: the bundle is CommonJS.
void main();
