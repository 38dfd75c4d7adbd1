import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex, Readable } from 'node:stream'

/**
 * Words of the API layer. A noun's `routes.ts` is a table of {@link Route}; `handlers.ts` has the functions it names;
 * `wire.ts` turns Docker's JSON into our types and back; `needs.ts` says what the noun requires of its service.
 *
 * Paths are written without version, `:name` matches one segment, `*name` matches the rest up to what follows it (image names
 * contain slashes): `/images/*name/json`.
 */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD'
  path: string
  handle: Handler
}

/** Returns a reply, or undefined when it wrote to `exchange.response` (or took over the socket) itself. */
export type Handler = (exchange: Exchange) => Promise<Reply | undefined> | Reply | undefined

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  /** Negotiated, `1.24` … `1.50` as minor number: 24 … 50. */
  readonly apiVersion: number
  /** Aborted when the client goes away before the reply is complete. */
  readonly signal: AbortSignal
  /** The parsed JSON body, an empty object when there is none. @throws invalid-argument for anything else, resource-exhausted above 8 MiB. */
  json<Body extends object>(): Promise<Body>
  /** The body as it comes, once; it may be left before its end. */
  body(): Readable
  /** Answers 101 (or 200 when no upgrade was asked) and hands over the raw connection, as attach and exec do. */
  hijack(contentType: string): Duplex
}

export interface Reply {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** Query parameters as Docker's clients send them. */
export interface Query {
  text(name: string): string | undefined
  /** Docker's booleans: absent, empty, 0, no, false and none (any case) are false. */
  flag(name: string, otherwise?: boolean): boolean
  /** @throws invalid-argument when present and not an integer. */
  integer(name: string): number | undefined
  all(name: string): string[]
  /** The `filters` parameter: `{"label":["a=b"]}` or the older `{"label":{"a=b":true}}`. @throws invalid-argument. */
  filters(): Filters
}
export type Filters = Readonly<Record<string, readonly string[]>>

export const json = (body: unknown, status = 200): Reply => ({ status, body })
export const empty = (status = 204): Reply => ({ status })
