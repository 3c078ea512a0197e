import { promises as files } from 'node:fs';
import * as z from 'zod';
import { absolutePathField } from './core/option-fields.ts';
import { StowageError } from './core/errors.ts';
import type { PathRoot } from './core/ports/volume-driver.ts';

const LONGEST_DEADLINE_SECONDS = 110;

/** `25s` or `25`, as milliseconds. */
function seconds(least: number, most: number): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  return z.string().transform((text, context) => {
    const count = Number(/^(\d{1,3})\s*s?$/.exec(text.trim())?.[1] ?? Number.NaN);
    if (count >= least && count <= most) return count * 1000;
    context.addIssue({ code: 'custom', message: `must be ${String(least)}s to ${String(most)}s` });
    return z.NEVER;
  });
}

/** `/srv` or, where this process sees the directory elsewhere, `/srv:/paths` as in `docker run -v`; comma-separated. */
const pathRoots = z.string().transform((text, context): PathRoot[] => {
  const roots = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return roots.map((part) => {
    const [host = '', inside = host, ...rest] = part.split(':');
    const [hostPath, insidePath] = [absolutePathField.safeDecode(host), absolutePathField.safeDecode(inside)];
    if (hostPath.success && insidePath.success && rest.length === 0)
      return { hostPath: hostPath.data, insidePath: insidePath.data };
    context.addIssue({
      code: 'custom',
      message: `${JSON.stringify(part.slice(0, 80))} is not HOST or HOST:INSIDE with absolute paths`,
    });
    return z.NEVER;
  });
});

/** Every setting: environment variable → meaning. `config.json` lists the same names; a test holds the two together. */
export const configSchema = z.object({
  STOWAGE_SOCKET: absolutePathField
    .default('/run/docker/plugins/stowage.sock')
    .describe('Unix socket to listen on'),
  STOWAGE_DATA: absolutePathField
    .default('/var/lib/stowage')
    .describe('Host directory for state and local volumes'),
  STOWAGE_MOUNTS: absolutePathField
    .default('/run/stowage/volumes')
    .describe('Directory of the mount points, seen by the engine'),
  STOWAGE_RUN: absolutePathField
    .default('/run/stowage')
    .describe('Directory for passing mounts and device nodes'),
  STOWAGE_BACKEND: z.string().min(1).default('local').describe('Backend of volumes that name none'),
  STOWAGE_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Least level that is logged'),
  STOWAGE_PATH_ROOTS: pathRoots.default([]).describe('Host directories that `path=` volumes may use'),
  STOWAGE_HOST_PROC: absolutePathField
    .default('/proc')
    .describe('The /proc that shows the processes of the host'),
  STOWAGE_HOST_SYS: absolutePathField.default('/sys').describe('The /sys that shows the disks of the host'),
  STOWAGE_CLUSTER: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, { error: 'must be 1 to 31 of a-z, 0-9 and "-", a letter first' })
    .default('default')
    .describe('Cloud volumes belong to a cluster; its nodes see these and no others'),
  STOWAGE_DETACH_GRACE: seconds(0, 600)
    .default(5_000)
    .describe('A disk stays attached this long after its last user'),
  STOWAGE_DEADLINE: seconds(1, LONGEST_DEADLINE_SECONDS)
    .default(25_000)
    .describe('A call is told that its work goes on after this time'),
});

/** The settings of this process. */
export type Config = Readonly<z.output<typeof configSchema>>;

/** Reads the settings; an empty variable counts as not set. E_INVALID_CONFIG names every fault. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const present = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '');
  const parsed = configSchema.safeParse(Object.fromEntries(present));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.map(String).join('.')} ${issue.message}`);
  throw new StowageError('E_INVALID_CONFIG', faults.join('; '));
}

/**
 * Reads the settings of this process. An engine sets every variable of `config.json`, empty where nobody chose a value;
 * libraries that read the environment themselves would take that for a value.
 */
export function readProcessConfig(): Config {
  for (const [name, value] of Object.entries(process.env)) if (value === '') delete process.env[name];
  return readConfig(process.env);
}

/**
 * Reads settings that only a driver knows, at the moment they are needed: a file that `NAME_FILE` names may change, as
 * secrets do. E_INVALID_CONFIG when the file cannot be read.
 */
export async function readDriverSetting(name: string): Promise<string | undefined> {
  const value = process.env[name];
  if (value !== undefined && value !== '') return value;
  const file = process.env[`${name}_FILE`];
  if (file === undefined || file === '') return undefined;
  try {
    return (await files.readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new StowageError('E_INVALID_CONFIG', `${name}_FILE=${file} cannot be read`, { cause });
  }
}
