import type { DriverSettings } from '../../plugin/core/ports/volume-driver.ts';

/** Settings of a driver on a machine with nothing set, beside what the test says. */
export function driverSettings(
  dataDirectory: string,
  others: Partial<DriverSettings> & { readonly environment?: Readonly<Record<string, string>> } = {},
): DriverSettings {
  const { environment = {}, ...settings } = others;
  return {
    dataDirectory,
    pathRoots: [],
    cluster: 'test',
    detachGraceMs: 0,
    own: async (name) => await Promise.resolve(environment[name]),
    ...settings,
  };
}
