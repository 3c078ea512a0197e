import { StowageError } from '../../../plugin/core/errors.ts';
import type { DriverSetting, DriverSettings } from '../../../plugin/core/ports/volume-driver.ts';

/** What the backend reads from the environment: the SDK's own names, Stowage's, and those of REX-Ray's plugin. */
export const GCE_SETTINGS = [
  { name: 'STOWAGE_GCE_PROJECT', help: 'Project; default: that of the machine' },
  {
    name: 'GOOGLE_APPLICATION_CREDENTIALS',
    aliases: ['GCEPD_KEYFILE'],
    help: 'File with credentials, as the plugin sees it; default: the service account of the machine',
  },
  { name: 'STOWAGE_GCE_ENDPOINT', help: 'Another endpoint of the Compute Engine API' },
  { name: 'GCE_METADATA_HOST', help: 'Another metadata server: its host, with a port if need be' },
  { name: 'HTTPS_PROXY', help: 'Proxy to the API; read by the SDK itself' },
  { name: 'HTTP_PROXY', help: 'Proxy to an API without TLS; read by the SDK itself' },
  { name: 'NO_PROXY', help: 'Hosts that are reached without the proxy; read by the SDK itself' },
] as const satisfies readonly DriverSetting[];

/** Name of a setting. */
export type GceSettingName = (typeof GCE_SETTINGS)[number]['name'];

/** The value of a setting now, under its own name or a peer's. E_INVALID_CONFIG when its file cannot be read. */
export async function gceSetting(
  settings: DriverSettings,
  name: GceSettingName,
): Promise<string | undefined> {
  const setting: DriverSetting | undefined = GCE_SETTINGS.find((one) => one.name === name);
  for (const spelling of [name, ...(setting?.aliases ?? [])]) {
    const value = await settings.own(spelling);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Where the API is, when it is not where Google has it. E_INVALID_CONFIG when that is no address. */
export async function gceEndpoint(settings: DriverSettings): Promise<URL | undefined> {
  const text = await gceSetting(settings, 'STOWAGE_GCE_ENDPOINT');
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/') return url;
  throw new StowageError(
    'E_INVALID_CONFIG',
    'STOWAGE_GCE_ENDPOINT is not an address such as https://compute.googleapis.com',
  );
}
