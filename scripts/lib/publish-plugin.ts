import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildPlugin, parseBuildArguments } from './build-plugin.ts';
import { withBuilder } from './builder.ts';
import { commandLineOf } from './shell-words.ts';

const USAGE = 'usage: scripts/publish-plugin REGISTRY/NAME:TAG [volume] [--arch amd64|arm64]';
const PUSH_DEADLINE_MS = 15 * 60_000;

/** Docker has no plugins for several machines under one name, so each gets a tag of its own. */
async function main(): Promise<void> {
  const { target, kind, architecture } = parseBuildArguments(process.argv.slice(2), USAGE);
  if (!/^[^\s:]+(?::\d+)?\/[^\s:]+:[\w.-]+$/.test(target)) throw new Error(USAGE);
  const name = `${target}-${architecture}`;
  const directory = await buildPlugin(kind, architecture, 'everywhere');
  // Whoever publishes has logged in with their own `docker login`.
  const login = ['--config', process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')];
  await withBuilder(async (client) => {
    console.log(`$ ${commandLineOf(['docker', 'plugin', 'create', name, directory])}`);
    await client.docker('plugin', 'create', name, directory);
    try {
      console.log(`$ ${commandLineOf(['docker', 'plugin', 'push', name])}`);
      const push = { inherit: true, deadlineMs: PUSH_DEADLINE_MS };
      const { exitCode } = await client.dockerRaw([...login, 'plugin', 'push', name], push);
      if (exitCode !== 0) throw new Error(`${name} was not pushed.`);
    } finally {
      await client.docker('plugin', 'rm', name);
    }
  });
}

await main();
