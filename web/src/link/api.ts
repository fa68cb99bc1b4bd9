// One call of the API: JSON in and out, and its failures as the command line
// words them.

import type { ErrorLine, Failure as Told } from '../api-types';
import { i18n } from '../i18n/i18n.svelte';
import { token } from './credential';

/** What the core could not do, with what to do next. */
export class Failure extends Error {
  constructor(
    readonly body: ErrorLine,
    readonly status: number,
  ) {
    super(body.message);
  }
}

/** Calls /api/v1 + path. Throws a Failure, also when nobody answers. */
export async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await request(method, path, body, signal);
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

/** The same for an answer that is not JSON. */
export async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  if (method === 'GET') return exchange(method, path, null, '', signal);
  return exchange(method, path, JSON.stringify(body ?? {}), 'application/json', signal); // of every change: no form of another page can say so
}

async function exchange(method: string, path: string, body: BodyInit | null, type: string, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Authorization: `Bearer ${token()}`, 'Accept-Language': i18n.accepted };
  if (type) headers['Content-Type'] = type;
  let answer: Response;
  try {
    answer = await fetch('/api/v1' + path, { method, headers, body, signal: signal ?? null });
  } catch (e) {
    if (signal?.aborted) throw e;
    throw new Failure(i18n.failure('closed', 'coreGone', 'coreGoneHint'), 0);
  }
  if (!answer.ok) throw new Failure(await reason(answer), answer.status);
  return answer;
}

async function reason(answer: Response): Promise<ErrorLine> {
  try {
    const body = (await answer.json()) as ErrorLine;
    if (body.message) return body;
  } catch {
    // not one of ours: say what HTTP says
  }
  return { kind: 'system', message: `HTTP ${answer.status} ${answer.statusText}` };
}

/** What went wrong, whatever was thrown. */
export function failureOf(thrown: unknown): ErrorLine {
  return thrown instanceof Failure ? thrown.body : { kind: 'system', message: String(thrown) };
}

/** All that went wrong, each fault for itself. */
export function failuresOf(thrown: unknown): ErrorLine[] {
  const first: Told = failureOf(thrown);
  return [first, ...(first.also ?? [])];
}

/** A query string from what is set. */
export function query(params: Record<string, string | number | boolean | undefined>): string {
  const q = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined && value !== '' && value !== false) q.set(name, String(value));
  }
  const text = q.toString();
  return text && '?' + text;
}
