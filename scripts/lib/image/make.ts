/** What the Dockerfile runs: `make.ts rootfs DIRECTORY` or `make.ts bundle DIRECTORY`, for the machine it runs on. */
import { bundlePlugin } from './bundle.ts';
import { layOutRootfs } from './rootfs.ts';

const [, , what, directory] = process.argv;
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
if (what === 'rootfs' && directory !== undefined) layOutRootfs('/', process.execPath, directory);
else if (what === 'bundle' && directory !== undefined)
  await bundlePlugin(process.cwd(), directory, architecture);
else throw new Error('usage: make.ts rootfs|bundle DIRECTORY');
