import { endpoint, type Endpoint } from './volume-driver.ts';
import { emptyRequest } from './volume-schemas.ts';

/**
 * `Plugin.Activate`. Sent once per engine process to plain-process plugins, never to managed ones (protocol.md,
 * section 1, "Activation semantics"); so it tells that a new engine speaks to us.
 */
export function activateEndpoint(implemented: readonly string[], greeted: () => void): Endpoint {
  return endpoint({
    path: '/Plugin.Activate',
    schema: emptyRequest,
    needsBody: false,
    handle() {
      greeted();
      return { Implements: implemented };
    },
  });
}
