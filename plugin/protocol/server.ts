import { createServer, type Server } from 'node:http';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { Call } from '../core/call.ts';
import { renderError, StowageError, toStowageError } from '../core/errors.ts';
import type { Clock, Log } from '../core/ports/host.ts';
import { cutOffEndless, parseBody, readBody } from './raw-body.ts';
import type { Endpoint } from './volume-driver.ts';

const CONTENT_TYPE = 'application/vnd.docker.plugins.v1.2+json';

/** What the server is made of. */
export interface ServerParts {
  readonly endpoints: readonly Endpoint[];
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds after which a caller is told that the work goes on, below the engine's own deadline. */
  readonly patience: number;
}

/** The plugin's HTTP server, not listening yet. It never closes a connection that the engine may use again. */
export function createProtocolServer(parts: ServerParts): Server {
  // The engine keeps idle connections for ever and does not repeat a POST on a closed one; it also sends an empty Host.
  const server = createServer(
    {
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout: 0,
      connectionsCheckingInterval: 0x7fffffff,
      requireHostHeader: false,
    },
    createApp(parts),
  );
  server.timeout = 0;
  // The kernel may refuse a connection (no descriptor, no memory); that is no reason to end.
  server.on('error', (thrown) => {
    parts.log.error({ reason: thrown.message }, 'could not take a connection');
  });
  server.maxRequestsPerSocket = 0;
  return server;
}

function createApp(parts: ServerParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  // A path is a call's name, not a web page's: `/volumedriver.create/` is none.
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use(cutOffEndless);
  for (const endpoint of parts.endpoints) {
    app.post(endpoint.path, readBody, (request, response) => {
      void answer(parts, endpoint, request, response);
    });
  }
  app.use((request, response) => {
    sendError(response, 404, `${request.method} ${request.path.slice(0, 80)} is not a call of this plugin`);
  });
  app.use(refuseBrokenRequest(parts.log));
  return app;
}

async function answer(
  parts: ServerParts,
  endpoint: Endpoint,
  request: Request,
  response: Response,
): Promise<void> {
  const started = parts.clock.now();
  const call = new Call(parts.clock, parts.patience);
  response.on('close', () => {
    if (!response.writableFinished) call.hangUp();
  });
  let subject = '';
  try {
    const body = parseBody(request);
    // A retry without its body: doing nothing and breaking off keeps the engine from taking an error for an answer.
    if (body === undefined && endpoint.needsBody)
      return breakOff(parts.log, endpoint, response, 'empty body');
    subject = endpoint.subject(body);
    send(response, 200, await endpoint.handle(body, call));
    parts.log.debug(
      { call: endpoint.operation, volume: subject, ms: parts.clock.now() - started },
      'answered',
    );
  } catch (thrown) {
    answerError(parts, endpoint, response, subject, toStowageError(thrown));
  }
}

function answerError(
  parts: ServerParts,
  endpoint: Endpoint,
  response: Response,
  subject: string,
  err: StowageError,
): void {
  if (response.closed) return;
  const level = err.code === 'E_VOLUME_NOT_FOUND' ? 'debug' : 'error';
  // What is wrong with an option shows what was given for it, which may be a password in the wrong place: the caller
  // may see it, the log not.
  const why = err.code === 'E_INVALID_OPTION' ? { code: err.code } : { err };
  parts.log[level]({ ...why, call: endpoint.operation, volume: subject.slice(0, 140) }, 'refused');
  if (endpoint.errorMeansAbsent && !isCertain(err)) return breakOff(parts.log, endpoint, response, err.code);
  sendError(
    response,
    err.code === 'E_INVALID_REQUEST' ? 400 : 200,
    renderError(endpoint.operation, subject, err),
  );
}

/** Errors that really mean that there is no such volume. */
function isCertain(error: StowageError): boolean {
  return (
    error.code === 'E_VOLUME_NOT_FOUND' ||
    error.code === 'E_INVALID_NAME' ||
    error.code === 'E_INVALID_REQUEST'
  );
}

function breakOff(log: Log, endpoint: Endpoint, response: Response, reason: string): void {
  log.warn({ call: endpoint.operation, reason }, 'broke the connection off rather than give a wrong answer');
  response.socket?.destroy();
}

function refuseBrokenRequest(log: Log): ErrorRequestHandler {
  return (thrown: unknown, request, response, _next) => {
    log.debug(
      { path: request.path.slice(0, 80), reason: thrown instanceof Error ? thrown.message : 'unknown' },
      'refused a broken request',
    );
    if (response.headersSent || request.socket.destroyed) return;
    const tooLarge = thrown instanceof Error && Reflect.get(thrown, 'type') === 'entity.too.large';
    const message = tooLarge ? 'the body is larger than 1 MiB' : 'the request cannot be read';
    const error = new StowageError('E_INVALID_REQUEST', message);
    response.set('Connection', 'close');
    sendError(response, tooLarge ? 413 : 400, `${error.message} (${error.code}). ${error.remedy}`);
  };
}

function sendError(response: Response, status: number, line: string): void {
  send(response, status, { Err: line });
}

/** One JSON value and a line feed, as Go's encoder writes it. */
function send(response: Response, status: number, answer: object | string): void {
  const text = `${typeof answer === 'string' ? answer : JSON.stringify(answer)}\n`;
  response.writeHead(status, { 'Content-Type': CONTENT_TYPE, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
