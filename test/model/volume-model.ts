/** What a volume can be, as its users see it. Plain data, so that equal states look equal. */
export interface VolumeState {
  readonly life: 'absent' | 'present' | 'retained';
  /** Canonical options; undefined when a clone inherited what the model does not know. */
  readonly options: Readonly<Record<string, string>> | undefined;
  /** Mount ID → count, sorted by ID. */
  readonly claims: Readonly<Record<string, number>>;
  /** IDs of claims from before another engine or another life of the program. */
  readonly former: readonly string[];
  /** True when the mount was taken away behind Stowage's back. */
  readonly vanished: boolean;
  /** Client → what its file says. Of a clone only what was seen. */
  readonly data: Readonly<Record<string, string>>;
  readonly cloned: boolean;
}

/** What a call was answered: nothing worth noting, values, or the code of a refusal. */
export type Heard =
  | {
      readonly kind: 'ok';
      readonly mountPoint?: boolean;
      readonly mountIds?: number;
      readonly content?: string;
    }
  | { readonly kind: 'refused'; readonly code: string };

/** What follows from an answer in a state: the states that are possible then, none when it cannot be. */
export type Step = (state: VolumeState, heard: Heard) => readonly VolumeState[];
type Options = Readonly<Record<string, string>>;

/** No such volume. */
export const ABSENT: VolumeState = {
  life: 'absent',
  options: {},
  claims: {},
  former: [],
  vanished: false,
  data: {},
  cloned: false,
};

const DEFAULTS: Options = { reclaimPolicy: 'delete', medium: 'disk' };
const NEVER: readonly VolumeState[] = [];

const refusedWith = (heard: Heard, ...codes: readonly string[]): boolean =>
  heard.kind === 'refused' && codes.includes(heard.code);

const claimed = ({ claims }: VolumeState): boolean => Object.keys(claims).length > 0;

/** Memory keeps nothing when its mount goes. */
const unmounted = (state: VolumeState): VolumeState => ({
  ...state,
  claims: {},
  former: [],
  vanished: false,
  data: state.options?.['medium'] === 'memory' ? {} : state.data,
});

function withClaim(state: VolumeState, id: string, count: number): VolumeState {
  const claims = Object.entries({ ...state.claims, [id]: count }).filter(([, value]) => value > 0);
  return { ...state, claims: Object.fromEntries(claims.toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/** How asked options stand to present ones; sizes are in whole MiB. */
function compare(present: Options, asked: Options): 'equal' | 'change' | 'different' {
  let result: 'equal' | 'change' = 'equal';
  for (const [name, wanted] of Object.entries(asked)) {
    const was = present[name] ?? DEFAULTS[name];
    if (was === wanted) continue;
    const grows =
      name === 'size' && was !== undefined && Number.parseInt(wanted, 10) > Number.parseInt(was, 10);
    if (!grows && name !== 'reclaimPolicy') return 'different';
    result = 'change';
  }
  return result;
}

/** Create without `from`. */
export const create =
  (asked: Options): Step =>
  (state, heard) => {
    if (state.life === 'absent')
      return heard.kind === 'ok' ? [{ ...ABSENT, life: 'present', options: asked }] : NEVER;
    if (state.options === undefined) {
      // What a clone inherited is not known, so both answers can be right.
      return heard.kind === 'ok'
        ? [{ ...state, life: 'present' }]
        : refusedWith(heard, 'E_VOLUME_EXISTS', 'E_INVALID_OPTION')
          ? [state]
          : NEVER;
    }
    const options = { ...state.options, ...asked };
    if (compare(state.options, asked) === 'different')
      return refusedWith(heard, 'E_VOLUME_EXISTS') ? [state] : NEVER;
    if (options['medium'] === 'memory' && options['reclaimPolicy'] === 'retain')
      return refusedWith(heard, 'E_INVALID_OPTION') ? [state] : NEVER;
    return heard.kind === 'ok' ? [{ ...state, life: 'present', options }] : NEVER;
  };

/** Create with `from`. What the source was is another volume's history. */
export const clone =
  (from: string): Step =>
  (state, heard) => {
    if (heard.kind === 'refused') {
      const codes = ['E_VOLUME_NOT_FOUND', 'E_VOLUME_IN_USE', 'E_NOT_SUPPORTED', 'E_VOLUME_EXISTS'];
      return codes.includes(heard.code) ? [state] : NEVER;
    }
    if (state.life === 'absent') return [{ ...ABSENT, life: 'present', options: undefined, cloned: true }];
    if (state.options !== undefined && state.options['from'] !== from) return NEVER;
    return [{ ...state, life: 'present' }];
  };

export const mount =
  (id: string): Step =>
  (state, heard) => {
    if (state.life !== 'present') return refusedWith(heard, 'E_VOLUME_NOT_FOUND') ? [state] : NEVER;
    if (heard.kind !== 'ok') return NEVER;
    const current = state.vanished ? unmounted(state) : state;
    const former = current.former.filter((other) => other !== id);
    const more = { ...withClaim(current, id, (current.claims[id] ?? 0) + 1), former };
    // A former claim by the same ID is dropped, unless a container still holds the volume.
    return former.length === current.former.length
      ? [more]
      : [{ ...withClaim(current, id, 1), former }, more];
  };

export const unmount =
  (id: string): Step =>
  (state, heard) => {
    if (heard.kind !== 'ok') return NEVER;
    const count = state.claims[id];
    if (count === undefined) return [state];
    const left = count > 1 ? state.former : state.former.filter((other) => other !== id);
    const next = { ...withClaim(state, id, count - 1), former: left };
    return [claimed(next) ? next : unmounted(next)];
  };

/** Get and Path; List too, of one volume. */
export const look: Step = (state, heard) => {
  if (state.life !== 'present') return refusedWith(heard, 'E_VOLUME_NOT_FOUND') ? [state] : NEVER;
  // A Mount voids the claims on a mount that is gone before it makes its own, and may be seen in between.
  if (state.vanished && heard.kind === 'ok' && heard.mountPoint === false)
    return look(unmounted(state), heard);
  if (heard.kind !== 'ok' || (heard.mountPoint !== undefined && heard.mountPoint !== claimed(state)))
    return NEVER;
  const count = Object.keys(state.claims).length;
  return heard.mountIds === undefined || heard.mountIds === count ? [state] : NEVER;
};

export const remove: Step = (state, heard) => {
  if (state.life !== 'present') return heard.kind === 'ok' ? [state] : NEVER;
  if (claimed(state)) return refusedWith(heard, 'E_VOLUME_IN_USE') ? [state] : NEVER;
  if (heard.kind !== 'ok') return NEVER;
  const retains = state.options?.['reclaimPolicy'] === 'retain';
  // A clone's policy may have been changed since, which the model does not know either.
  if (state.options === undefined) return [ABSENT, { ...state, life: 'retained', vanished: false }];
  return [retains ? { ...state, life: 'retained', vanished: false } : ABSENT];
};

/** A container that holds a claim writes its file and syncs it. */
export const write =
  (client: string, text: string): Step =>
  (state) => {
    const data = Object.entries({ ...state.data, [client]: text }).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return state.life === 'present' && claimed(state)
      ? [{ ...state, data: Object.fromEntries(data) }]
      : NEVER;
  };

/** A container that holds a claim reads its file; '' when there is none. */
export const read =
  (client: string): Step =>
  (state, heard) => {
    if (state.life !== 'present' || !claimed(state) || heard.kind !== 'ok') return NEVER;
    const content = heard.content ?? '';
    const known = state.data[client];
    if (known === undefined && state.cloned) return write(client, content)(state, heard);
    return (known ?? '') === content ? [state] : NEVER;
  };

/** The mount is taken off behind Stowage's back. */
export const vanish: Step = (state) => {
  if (!claimed(state)) return [state];
  return [{ ...state, vanished: true, data: unmounted(state).data }];
};

/** The program recovers after a kill: claims on a mount that is gone are void. Until then they are shown. */
export const recover: Step = (state) => [state.vanished ? unmounted(state) : state];

/** Another engine, or another life of the program: what was claimed until now is in doubt. */
export const engineChange: Step = (state) => [{ ...state, former: Object.keys(state.claims) }];

/** What the kernel and the status show at a moment of rest. */
export const observe =
  (isMounted: boolean): Step =>
  (state) =>
    (claimed(state) && !state.vanished) === isMounted ? [state] : NEVER;
