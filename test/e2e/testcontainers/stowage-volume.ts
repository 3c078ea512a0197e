import { getContainerRuntimeClient } from 'testcontainers';

/** A volume for one test; it is removed when its block ends, after the containers that were started later. */
export interface StowageVolume extends AsyncDisposable {
  /** For `withBindMounts([{ source: volume.name, target: … }])`. */
  readonly name: string;
}

let made = 0;

/**
 * Makes a Stowage volume, with the options of `docker volume create --driver stowage --opt …`. Testcontainers itself
 * makes no volumes, but hands out the Docker client that it uses.
 */
export async function createVolume(options: Readonly<Record<string, string>> = {}): Promise<StowageVolume> {
  const { dockerode } = (await getContainerRuntimeClient()).container;
  const name = `test-${String(process.pid)}-${String((made += 1))}`;
  await dockerode.createVolume({ Name: name, Driver: 'stowage', DriverOpts: { ...options } });
  return {
    name,
    async [Symbol.asyncDispose]() {
      await dockerode.getVolume(name).remove();
    },
  };
}
