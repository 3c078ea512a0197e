import type { World } from '../world.ts';
import type { XmlValue } from '../xml.ts';

/**
 * One operation of the API. It checks the request and gives what carries it out, so that a dry run can stop in between.
 * Nothing is changed before that.
 *
 * @throws Ec2Error for what EC2 refuses
 */
export type Operation<Input> = (world: World, input: Input) => () => XmlValue | Promise<XmlValue>;

/** What an operation answers that has nothing to say. */
export const DONE: XmlValue = { return: true };
