import { join } from 'node:path';
import * as z from 'zod';
import type { FileTree } from '../../../plugin/core/ports/host.ts';
import type { DiscoveredVolume } from '../../../plugin/core/ports/volume-driver.ts';

const FILE_NAME = 'volume.json';

/** What a volume's directory says about itself, so that a lost database can be rebuilt and nothing else is touched. */
const markSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  given: z.record(z.string(), z.string()),
  createdAt: z.number(),
  retained: z.boolean(),
});

/** Writes the mark; durable when it resolves. */
export async function writeMark(files: FileTree, home: string, volume: DiscoveredVolume): Promise<void> {
  const mark = { version: 1, ...volume, createdAt: volume.createdAt.getTime() } satisfies z.input<
    typeof markSchema
  >;
  await files.writeText(join(home, FILE_NAME), `${JSON.stringify(mark, null, 2)}\n`);
}

/** The mark of a directory; undefined when it has none that can be read. */
export async function readMark(files: FileTree, home: string): Promise<DiscoveredVolume | undefined> {
  const path = join(home, FILE_NAME);
  if (!(await files.exists(path))) return undefined;
  const parsed = markSchema.safeParse(parseJson(await files.readText(path)));
  if (!parsed.success) return undefined;
  const { name, given, createdAt, retained } = parsed.data;
  return { name, given, createdAt: new Date(createdAt), retained };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
