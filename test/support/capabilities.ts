import { readFileSync } from 'node:fs';

const BITS = { CAP_SYS_RESOURCE: 24n };

/** Whether this process has a capability: some machines withhold one even from root. */
export function hasCapability(name: keyof typeof BITS): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> BITS[name]) & 1n) === 1n;
}
