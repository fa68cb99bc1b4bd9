// The credential of this page: a one-time ticket, or the secret of a shared page, comes in
// the address after #, is traded for a token, and the token is kept for this tab only.

import type { ErrorLine, Login, Token } from '../api-types';
import { i18n } from '../i18n/i18n.svelte';

const key = 'sockeye-token';
const role = 'sockeye-role';

export const token = (): string => sessionStorage.getItem(key) ?? '';

export const forget = (): void => sessionStorage.removeItem(key);

const inAddress = (name: string): string => new URLSearchParams(location.hash.slice(1)).get(name) ?? '';

export const hasTicket = (): boolean => !!(inAddress('t') || inAddress('v'));

/** Whether this page may only look: it came by the link of a shared one. */
export const isViewer = (): boolean => !!inAddress('v') || sessionStorage.getItem(role) === 'viewer';

/** Why what was in the address did not let in. */
export let refusal: ErrorLine | undefined;

/** Trades what the address has, if it has something. False when there is no way in. */
export async function enter(): Promise<boolean> {
  const [ticket, view] = [inAddress('t'), inAddress('v')];
  if (ticket || view) {
    history.replaceState(null, '', location.pathname);
    if (view) {
      forget();
      sessionStorage.setItem(role, 'viewer'); // also of a link that is good no more
    }
    refusal = await login(ticket ? { ticket } : { view });
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
  const got = body as Token;
  sessionStorage.setItem(key, got.token);
  sessionStorage.setItem(role, got.role);
  return undefined;
}
