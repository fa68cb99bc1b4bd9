// The credential of this page: a one-time ticket comes in the address after #,
// is traded for a token, and the token is kept for this tab only.

import type { ErrorLine, Login, Token } from '../api-types';
import { i18n } from '../i18n/i18n.svelte';

const key = 'sockeye-token';

export const token = (): string => sessionStorage.getItem(key) ?? '';

export const forget = (): void => sessionStorage.removeItem(key);

const ticketOf = (): string | null => new URLSearchParams(location.hash.slice(1)).get('t');

export const hasTicket = (): boolean => !!ticketOf();

/** Trades the ticket of the address, if there is one. False when there is no way in. */
export async function enter(): Promise<boolean> {
  const ticket = ticketOf();
  if (ticket) {
    history.replaceState(null, '', location.pathname);
    await login({ ticket });
  }
  return token() !== '';
}

/** Whether a token is one of the core that answers now; also if none does. */
export async function isGood(some: string): Promise<boolean> {
  const answer = await fetch('/api/v1/recording', { headers: { Authorization: `Bearer ${some}` } }).catch(() => undefined);
  return answer?.status !== 401;
}

/** Trades a ticket or a password for a token. Undefined if it was good, or what the core says. */
export async function login(by: Login): Promise<ErrorLine | undefined> {
  const answer = await fetch('/api/v1/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Accept-Language': i18n.accepted },
    body: JSON.stringify(by),
  }).catch(() => undefined);
  if (!answer) return i18n.failure('closed', 'coreGone', 'coreGoneHint');
  const body: unknown = await answer.json().catch(() => ({}));
  if (!answer.ok) return body as ErrorLine;
  sessionStorage.setItem(key, (body as Token).token);
  return undefined;
}
