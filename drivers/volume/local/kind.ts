import type { MountedThing } from '../../../plugin/core/ports/host.ts';
import type { CloneSource, Usage, Volume } from '../../../plugin/core/ports/volume-driver.ts';
import type { LocalOptions } from './options.ts';

/** A local volume and the directory where everything of it lies. */
export interface Place {
  readonly volume: Volume<LocalOptions>;
  readonly home: string;
}

/** What differs between the forms of a local volume. Contracts as in VolumeDriver. */
export interface LocalForm {
  /** Fills the home directory, which nobody sees yet. */
  populate(place: Place, source: ClonePlace | undefined): Promise<void>;
  mount(place: Place, target: string): Promise<void>;
  grow(place: Place, target: string | undefined): Promise<void>;
  /** What a container that holds the volume has mounted; undefined when the kernel shows that nobody can. */
  mountedThing(place: Place, target: string | undefined): Promise<MountedThing | undefined>;
  usage(place: Place, target: string | undefined): Promise<Usage | undefined>;
  measure(place: Place): Promise<Usage | undefined>;
  describe(options: LocalOptions): Readonly<Record<string, string>>;
}

/** A clone's source and where it lies. */
export interface ClonePlace extends CloneSource<LocalOptions> {
  readonly home: string;
}
