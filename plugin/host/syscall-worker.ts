import { parentPort } from 'node:worker_threads';
import { BLOCKING_CALLS, type BlockingCall } from './blocking-calls.ts';
import { errnoOf, reasonOf } from './system-call-error.ts';

/** One call, as `syscall-pool.ts` sends it. */
export interface CallRequest {
  readonly call: BlockingCall;
  readonly values: readonly unknown[];
}

/** What became of it: its result, or who refused and why. */
export type CallReply =
  | { readonly result: unknown }
  | { readonly refused: { readonly call: string; readonly errno: string; readonly reason: string } };

function run(request: CallRequest): CallReply {
  try {
    const result: unknown = Reflect.apply(BLOCKING_CALLS[request.call], undefined, request.values);
    return { result };
  } catch (error) {
    const name = error instanceof Error && 'call' in error ? String(error.call) : request.call;
    return { refused: { call: name, errno: errnoOf(error) ?? 'EIO', reason: reasonOf(error) } };
  }
}

parentPort?.on('message', (request: CallRequest) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads has no origin
  parentPort?.postMessage(run(request));
});
