import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { local } from '../../drivers/volume/local/index.ts';
import { Backends } from '../../plugin/core/backends.ts';
import { Call } from '../../plugin/core/call.ts';
import { StowageError } from '../../plugin/core/errors.ts';
import type { DriverContext, VolumeDriver } from '../../plugin/core/ports/volume-driver.ts';
import { VolumeService } from '../../plugin/core/volume-service.ts';
import { createHost, SqliteStateStore } from '../../plugin/host/index.ts';
import { createLog } from '../../plugin/log.ts';
import { driverSettings } from './driver-settings.ts';
import { ManualClock } from './manual-clock.ts';
import { mountsBelow } from './mount-table.ts';

/** Nodes whose volumes lie in one directory: what one makes, changes and removes the others see. */
export interface SharedNodes {
  readonly clock: ManualClock;
  /** Starts a node, or starts it again from the state it left. */
  start(name: string): Promise<SharedNode>;
}

/** How the backend answers when it is asked what there is. */
export interface Answers {
  /** False: not at all. */
  reachable: boolean;
  /** Runs once, when the backend has answered and before anybody hears it. */
  before: (() => Promise<void>) | undefined;
}

/** One node: the real service with a state and mount points of its own. */
export interface SharedNode {
  readonly service: VolumeService;
  readonly mountRoot: string;
  readonly answers: Answers;
  /** A request of an engine. */
  call(): Call;
  stop(): Promise<void>;
  /** Its state is gone, as when a disk was replaced. Only while it is stopped. */
  loseState(): Promise<void>;
}

/** The local driver, on a directory that stands for the cloud: real volumes, and an answer that can fail to come. */
export async function useSharedNodes(context: TestContext): Promise<SharedNodes> {
  const root = await mkdtemp(join(tmpdir(), 'stowage-shared-'));
  const clock = new ManualClock();
  const nodes: SharedNode[] = [];
  context.after(async () => {
    for (const node of nodes) await node.stop();
    for (const { target } of mountsBelow('self', root)) execFileSync('umount', [target]);
    await rm(root, { recursive: true });
  });
  const start = async (name: string): Promise<SharedNode> => {
    const own = join(root, name);
    await mkdir(own, { recursive: true });
    const node = newNode(root, own, clock);
    nodes.push(node);
    return node;
  };
  return { clock, start };
}

function newNode(root: string, own: string, clock: ManualClock): SharedNode {
  const log = createLog('error');
  const host = createHost({ hostProc: '/proc', runDirectory: join(own, 'run'), log });
  const mountRoot = join(own, 'mounts');
  const answers: Answers = { reachable: true, before: undefined };
  const definition = {
    ...local,
    capabilities: { ...local.capabilities, scope: 'global' as const },
    create: (parts: DriverContext) => answering(answers, local.create(parts)),
  };
  const settings = driverSettings(join(root, 'data'));
  const backends = new Backends([definition], 'local', { host, log, clock, settings });
  const store = new SqliteStateStore(join(own, 'state', 'stowage.db'));
  const service = new VolumeService({ backends, store, host, clock, log, mountRoot });
  let stopped = false;
  service.start();
  return {
    service,
    mountRoot,
    answers,
    call: () => new Call(clock, 25_000),
    stop: async () => {
      if (!stopped) await service.close();
      stopped = true;
    },
    loseState: async () => await rm(join(own, 'state'), { recursive: true }),
  };
}

function answering<Options>(answers: Answers, driver: VolumeDriver<Options>): VolumeDriver<Options> {
  const answered = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    const found = await answer;
    if (!answers.reachable) throw new StowageError('E_HOST_FAILED', 'the backend does not answer');
    const before = answers.before;
    answers.before = undefined;
    await before?.();
    return found;
  };
  return new Proxy(driver, {
    get(target, name) {
      if (name === 'discover') return async () => await answered(target.discover());
      if (name === 'find') return async (volume: string) => await answered(target.find(volume));
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}
