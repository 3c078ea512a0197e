import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** Capabilities without which the plugin still keeps its promises, by the kernel's number. */
const DISPENSABLE = new Map([['CAP_SYS_RESOURCE', 24n]]);

const Manifest = z.looseObject({ linux: z.looseObject({ capabilities: z.array(z.string()) }) });

/** The plugin's manifest as it is written. */
export async function readManifest(repository: string): Promise<string> {
  return await readFile(join(repository, 'config.json'), 'utf8');
}

/**
 * The plugin's manifest as it can be enabled on this machine. A machine that is itself denied a capability (as
 * inside a sandbox) cannot start a plugin that asks for it, so a dispensable one is left out there.
 */
export async function readLocalManifest(repository: string): Promise<string> {
  const manifest = Manifest.parse(JSON.parse(await readManifest(repository)));
  const bounds = await capabilityBounds();
  const denied = manifest.linux.capabilities.filter((name) => {
    const number = DISPENSABLE.get(name);
    return number !== undefined && (bounds & (1n << number)) === 0n;
  });
  if (denied.length > 0)
    console.error(`this machine is denied ${denied.join(', ')}: the plugin is built without`);
  manifest.linux.capabilities = manifest.linux.capabilities.filter((name) => !denied.includes(name));
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

async function capabilityBounds(): Promise<bigint> {
  const status = await readFile('/proc/self/status', 'utf8');
  return BigInt(`0x${/^CapBnd:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
}
