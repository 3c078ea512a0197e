import { aptSettings, debianSource, ensurePackages } from './apt.ts';
import { run } from './run.ts';

/** What of Debian is to be laid out in a directory or tar file. */
export interface DebianTree {
  readonly suite: string;
  /** `extract` only unpacks packages; `minbase` is a system that `apt-get` works in. */
  readonly variant: 'extract' | 'minbase';
  readonly packages: readonly string[];
  /** Debian's word for the machine; default: this one's. Foreign ones can only be extracted. */
  readonly architecture?: string;
  /** Files that are not unpacked, in dpkg's patterns. */
  readonly without: readonly string[];
  /** Files that are unpacked although `without` covers them. */
  readonly except?: readonly string[];
}

const DEADLINE_MS = 10 * 60_000;

/**
 * Lays out a Debian system from the machine's own mirror, checked against its keyring.
 *
 * @param target an empty directory, or a file that ends in `.tar`
 * @throws CommandError with mmdebstrap's own words when the mirror or a package fails
 */
export async function makeDebianTree(tree: DebianTree, target: string): Promise<void> {
  await ensurePackages(['mmdebstrap']);
  const { mirror, keyring } = await debianSource();
  const settings = await aptSettings();
  await run(
    'mmdebstrap',
    [
      `--variant=${tree.variant}`,
      // The target is our own fresh directory; what mmdebstrap finds in it is its parent's doing.
      '--skip=check/empty',
      ...(tree.packages.length === 0 ? [] : [`--include=${tree.packages.join(',')}`]),
      ...(tree.architecture === undefined ? [] : [`--architectures=${tree.architecture}`]),
      ...settings.map((setting) => `--aptopt=${setting}`),
      '--dpkgopt=force-unsafe-io',
      ...tree.without.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      ...(tree.except ?? []).map((pattern) => `--dpkgopt=path-include=${pattern}`),
      tree.suite,
      target,
      `deb [signed-by=${keyring}] ${mirror} ${tree.suite} main`,
    ],
    { deadlineMs: DEADLINE_MS },
  );
}
