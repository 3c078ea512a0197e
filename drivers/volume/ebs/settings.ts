import { StowageError } from '../../../plugin/core/errors.ts';
import type { DriverSetting, DriverSettings } from '../../../plugin/core/ports/volume-driver.ts';

/** What the backend reads from the environment: the SDK's own names, and those of REX-Ray's plugin. */
export const EBS_SETTINGS = [
  { name: 'AWS_REGION', aliases: ['EBS_REGION'], help: 'Region; default: that of the instance' },
  {
    name: 'AWS_ACCESS_KEY_ID',
    aliases: ['EBS_ACCESSKEY'],
    help: 'Access key; default: the role of the instance',
  },
  { name: 'AWS_SECRET_ACCESS_KEY', aliases: ['EBS_SECRETKEY'], help: 'Its secret', secret: true },
  { name: 'AWS_SESSION_TOKEN', help: 'Its session token, if it is a passing one', secret: true },
  { name: 'AWS_ENDPOINT_URL_EC2', aliases: ['EBS_ENDPOINT'], help: 'Another endpoint of the EC2 API' },
  { name: 'AWS_EC2_METADATA_SERVICE_ENDPOINT', help: 'Another endpoint of the metadata service' },
  { name: 'AWS_PROFILE', help: 'Profile in the shared files; read by the SDK itself' },
  { name: 'AWS_SHARED_CREDENTIALS_FILE', help: 'Shared credentials file; read by the SDK itself' },
  { name: 'AWS_ROLE_ARN', help: 'Role for a web identity; read by the SDK itself' },
  { name: 'AWS_WEB_IDENTITY_TOKEN_FILE', help: 'Token of a workload identity; read by the SDK itself' },
  { name: 'HTTPS_PROXY', help: 'Proxy to the API' },
  { name: 'HTTP_PROXY', help: 'Proxy to an API without TLS' },
  { name: 'NO_PROXY', help: 'Hosts that are reached without the proxy' },
  {
    name: 'STOWAGE_EBS_KMS_KEY_ID',
    aliases: ['EBS_KMSKEYID'],
    help: 'Key for encrypted volumes that name none',
  },
] as const satisfies readonly DriverSetting[];

/** Name of a setting. */
export type EbsSettingName = (typeof EBS_SETTINGS)[number]['name'];

/** The value of a setting now, under its own name or a peer's. E_INVALID_CONFIG when its file cannot be read. */
export async function ebsSetting(
  settings: DriverSettings,
  name: EbsSettingName,
): Promise<string | undefined> {
  const setting: DriverSetting | undefined = EBS_SETTINGS.find((one) => one.name === name);
  for (const spelling of [name, ...(setting?.aliases ?? [])]) {
    const value = await settings.own(spelling);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** A key of our own, or undefined: then the SDK finds credentials by itself. E_INVALID_CONFIG when half of it is missing. */
export async function ebsCredentials(
  settings: DriverSettings,
): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken?: string } | undefined> {
  const accessKeyId = await ebsSetting(settings, 'AWS_ACCESS_KEY_ID');
  const secretAccessKey = await ebsSetting(settings, 'AWS_SECRET_ACCESS_KEY');
  const sessionToken = await ebsSetting(settings, 'AWS_SESSION_TOKEN');
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined)
    throw new StowageError('E_INVALID_CONFIG', 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY need each other');
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}

/** Where the API is reached through a proxy, in the words of the environment. */
export async function ebsProxies(settings: DriverSettings): Promise<Record<string, string>> {
  const proxies: Record<string, string> = {};
  for (const name of ['HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'] as const) {
    const value = await ebsSetting(settings, name);
    if (value !== undefined) proxies[name] = value;
  }
  return proxies;
}
