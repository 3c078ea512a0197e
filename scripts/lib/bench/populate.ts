import { PluginClient } from './plugin-client.ts';

const CONNECTIONS = 8;

/** Name of the volume with this number. */
export function volumeName(index: number): string {
  return `volume-${String(index).padStart(5, '0')}`;
}

/** Creates the volumes from one number up to (not including) another, by the plugin's own Create. */
export async function populate(
  socketPath: string,
  from: number,
  to: number,
  options: object | null,
): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    const client = await PluginClient.connect(socketPath);
    try {
      for (let index = next++; index < to; index = next++) {
        await client.call('VolumeDriver.Create', { Name: volumeName(index), Opts: options });
      }
    } finally {
      client.close();
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
}
