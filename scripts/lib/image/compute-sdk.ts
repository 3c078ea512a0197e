import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';
import { pruneProtos } from './compute-protos.ts';
import type { SdkUse } from './sdk-use.ts';

/** What the clients authenticate with. */
export const COMPUTE_PART = 'google-auth-library';

const CLIENT = /^(?<service>\w+)Client$/;
/** gRPC's own client, 2 MB, for an API that is not served by gRPC. */
const WITHOUT_GRPC = `
const fallback = require('google-gax/fallback');
module.exports = { ...fallback, fallback, loggingUtils: require('google-logging-utils') };`;
/** Services that every Google API may have and Compute Engine has not: IAM of resources, locations, operations. */
const FOREIGN_SERVICES =
  'module.exports = { google: { iam: { v1: {} }, longrunning: {}, cloud: { location: {} } } };';

/**
 * A module that exports the used clients: from their own files, as the package's index loads all 130. And what they
 * authenticate with, under the name of its package.
 */
export function computeEntry({ names }: SdkUse): string {
  return [
    ...names.map((name) => `export { ${name} } from '${moduleOf(name)}';`),
    `export * as '${COMPUTE_PART}' from '${COMPUTE_PART}';`,
  ].join('\n');
}

/** Leaves out of the bundle what no client of ours reaches: other services' messages, gRPC. */
export function computeSdk({ names, calls }: SdkUse): Plugin {
  const services = names.map(serviceOf);
  return {
    name: 'compute-sdk',
    setup(build) {
      build.onLoad({ filter: /[\\/]compute[\\/]build[\\/]protos[\\/]protos\.json$/ }, ({ path }) => ({
        contents: JSON.stringify(pruneProtos(JSON.parse(readFileSync(path, 'utf8')), { services, calls })),
        loader: 'json',
      }));
      build.onResolve({ filter: /^google-gax$/ }, ({ resolveDir }) => ({
        path: 'google-gax',
        namespace: 'without-grpc',
        pluginData: resolveDir,
      }));
      build.onLoad({ filter: /.*/, namespace: 'without-grpc' }, ({ pluginData }) => ({
        contents: WITHOUT_GRPC,
        resolveDir: String(pluginData),
      }));
      build.onLoad(
        { filter: /google-gax[\\/]build[\\/]protos[\\/](iam_service|locations|operations)\.js$/ },
        () => ({
          contents: FOREIGN_SERVICES,
        }),
      );
    },
  };
}

/** `ZoneOperationsClient` → its file. */
function moduleOf(name: string): string {
  const words = serviceOf(name).replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_');
  return `@google-cloud/compute/build/src/v1/${words.toLowerCase()}_client.js`;
}

function serviceOf(name: string): string {
  const service = CLIENT.exec(name)?.groups?.['service'];
  if (service === undefined)
    throw new Error(`${name} of @google-cloud/compute is no client: see compute-sdk.ts.`);
  return service;
}
