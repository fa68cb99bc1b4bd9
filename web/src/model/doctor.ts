// When the doctor is offered, and what it is asked then.

import type { ErrorLine, Peer, Session } from '../api-types';
import type { Question } from '../link/doctor';

/** How a session is silent; "" is not at all. */
export type Silence = '' | 'nobody' | 'nothing';

const patience = 5000; // ms

/** These faults have their reason in the network or in this machine's ports, not in what was typed. */
const network = new Set(['refused', 'timed-out', 'reset', 'broken-pipe', 'host-unreachable', 'network-unreachable', 'no-such-host', 'name-server', 'wrong-family', 'self-connect', 'address-in-use', 'address-not-available', 'ports-exhausted', 'access-denied', 'not-permitted', 'untrusted']);

/** Whether an open session has had nobody, or nothing of anybody, for a while. */
export function silenceOf(s: Session, peers: readonly Peer[], now: number): Silence {
  const since = Math.max(Date.parse(s.since), ...peers.map((p) => Date.parse(p.since)));
  if (!s.locals && s.mode === 'listen') return ''; // it has no port
  if (now - since < patience) return '';
  if (peers.length === 0) return s.mode === 'connect' || s.received_bytes === 0 ? 'nobody' : '';
  return s.received_bytes === 0 || peers.some((p) => p.not_reading_for_ms) ? 'nothing' : '';
}

/** What to ask of a session that is not open: of its address, as it failed; nothing if it did not. */
export function questionOf(faults: readonly ErrorLine[], status: Session | undefined, form: { address: string; mode: string; ip: boolean }): Question | undefined {
  const failed = faults.length > 0 ? faults.some((f) => network.has(f.kind)) : network.has(status?.error?.kind ?? '');
  if (!failed) return undefined;
  if (faults.length === 0 && status?.error) return { session: status.id };
  return form.ip ? { address: form.address, ...(form.mode === 'listen' ? { listen: true } : {}) } : undefined;
}
