import { z } from 'zod';

// Names and IDs are bounded here and understood by the core. The engine limits neither (protocol.md, section 2, "Name rules").
const name = z.string().max(65_536);
const mountId = z.string().min(1, 'must not be empty').max(256);
const options = z
  .record(z.string().max(1_024), z.string().max(65_536))
  .nullish()
  .transform((value) => value ?? {});

/** `{"Name": …}` */
export const namedRequest = z.object({ Name: name });

/** `Opts` is null when the volume was made by `docker run -v` or is anonymous. */
export const createRequest = z.object({ Name: name, Opts: options });

/** Mount and Unmount. */
export const mountRequest = z.object({ Name: name, ID: mountId });

/** Capabilities, List and Activate carry nothing that matters. */
export const emptyRequest = z.unknown();
