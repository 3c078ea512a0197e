/** The host that resources are named under, wherever they are served from. */
export const LINK_ROOT = 'https://www.googleapis.com/compute/v1/';

/** `projects/p/zones/z/disks/d`. */
export function zonal(project: string, zone: string, collection: string, name: string): string {
  return `projects/${project}/zones/${zone}/${collection}/${name}`;
}

/** `projects/p/global/snapshots/s`. */
export function global(project: string, collection: string, name: string): string {
  return `projects/${project}/global/${collection}/${name}`;
}

/** The region of a zone: `us-central1-a` lies in `us-central1`. */
export function regionOf(zone: string): string {
  return zone.slice(0, zone.lastIndexOf('-'));
}

/**
 * What a partial or full URL names: its zone where it has one, and its last part. Undefined when it is none of this
 * collection, or of another project.
 */
export function parseLink(
  link: string,
  collection: string,
  project: string,
): { zone: string | undefined; name: string } | undefined {
  const pattern = new RegExp(
    `^(?:https?://[^/]+/compute/v1/)?(?:projects/([^/]+)/)?(?:zones/([^/]+)/|global/)?${collection}/([^/]+)$`,
  );
  const [, ofProject, zone, name] = pattern.exec(link) ?? [];
  if (name === undefined || (ofProject !== undefined && ofProject !== project)) return undefined;
  return { zone, name };
}

/** RFC 3339 as Compute Engine writes it: in California's time. */
export function timestamp(milliseconds: number): string {
  const OFFSET_MS = 8 * 3_600_000;
  return new Date(milliseconds - OFFSET_MS).toISOString().replace('Z', '-08:00');
}
