import { clip, StowageError } from './errors.ts';

const VALID_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;

/**
 * Docker checks nothing about a plugin volume's name (protocol.md, section 2, "Name rules"): `../../etc` arrives as it
 * was typed. This is the door: what passes is safe as a file name. E_INVALID_NAME otherwise.
 */
export function checkVolumeName(name: string): void {
  if (VALID_NAME.test(name)) return;
  throw new StowageError('E_INVALID_NAME', `${JSON.stringify(clip(name, 60))} is not a volume name`);
}
