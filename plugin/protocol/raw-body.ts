import express, { type Request, type RequestHandler } from 'express';
import { StowageError } from '../core/errors.ts';

/** More than any engine sends: a name, a mount ID and options. */
const LARGEST_BODY_BYTES = 1024 * 1024;

/**
 * Reads the body whatever its type: the engine sends no Content-Type (protocol.md, section 1, "Wire format").
 * Larger than 1 MiB is refused.
 */
export const readBody: RequestHandler = express.raw({
  type: () => true,
  limit: LARGEST_BODY_BYTES,
  inflate: false,
});

/** Ends a connection whose body goes on after it was too large: the parser would read and drop it for ever. */
export const cutOffEndless: RequestHandler = (request, _response, next) => {
  let received = 0;
  request.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > 2 * LARGEST_BODY_BYTES) request.socket.destroy();
  });
  next();
};

/**
 * The JSON of a request; undefined for an empty body, which is what the engine's retries carry after a connection broke
 * (protocol.md, section 1, "Retry bug"). E_INVALID_REQUEST for anything that is no JSON.
 */
export function parseBody(request: Request): unknown {
  const body: unknown = request.body;
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (cause) {
    throw new StowageError('E_INVALID_REQUEST', 'the body is not JSON', { cause });
  }
}
