import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePackages } from '../../scripts/lib/apt.ts';
import { cached } from '../../scripts/lib/cache.ts';

const SOURCES = ['crash-tracer.c', 'calls.h'].map((name) => join(import.meta.dirname, name));
const FLAGS = ['-O2', '-Wall', '-Wextra', '-Werror'];

/** The compiled `crash-tracer.c`. */
export async function crashTracer(): Promise<string> {
  const texts = SOURCES.map((file) => readFileSync(file, 'utf8'));
  const directory = await cached('crash-tracer', [...FLAGS, ...texts], async (empty) => {
    await ensurePackages(['gcc', 'libc6-dev']);
    const [source = ''] = SOURCES;
    await promisify(execFile)('gcc', [...FLAGS, '-o', join(empty, 'crash-tracer'), source]);
  });
  return join(directory, 'crash-tracer');
}
