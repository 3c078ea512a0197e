import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { it } from 'node:test';

const REPOSITORY = join(import.meta.dirname, '../..');

/** Boots a User Mode Linux on this machine's files, lets it run the named tests of one file, and returns its console. */
async function runUnderUserModeLinux(file: string, pattern: string): Promise<string> {
  const settings = [`STOWAGE_REPOSITORY=${REPOSITORY}`, `STOWAGE_TEST=${file}`, `STOWAGE_PATTERN=${pattern}`];
  const root = ['root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'ro'];
  const consoles = ['con=null', 'con0=fd:0,fd:1', 'quiet'];
  const parameters = [
    'mem=1G',
    ...root,
    ...consoles,
    `init=${join(import.meta.dirname, 'init.sh')}`,
    ...settings,
  ];
  const machine = spawn('linux.uml', parameters, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  machine.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  await once(machine, 'close');
  return text;
}

it('ext4, which asks for CAP_SYS_RESOURCE, grows while it is mounted where Stowage has it', async () => {
  const text = await runUnderUserModeLinux('test/integration/conformance/local.test.ts', 'ext4');
  assert.match(text, /^ *ok \d+ - grows while it is mounted, and keeps what is in it/m, text);
  assert.doesNotMatch(text, /^ *not ok/m, text);
  assert.match(text, /^test ended with 0\r?$/m, text);
});
