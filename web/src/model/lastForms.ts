// The network settings that were opened last, which are offered again. Options are not kept:
// there may be secrets among them.

import type { Form } from './form';

/** What is kept of a form. */
export type LastForm = Pick<Form, 'protocol' | 'local' | 'localPort' | 'remote' | 'remotePort' | 'path' | 'echo' | 'reconnect'>;

const most = 6;

/** What is kept of a form when it was opened. */
export const lastOf = ({ protocol, local, localPort, remote, remotePort, path, echo, reconnect }: Form): LastForm => ({ protocol, local, localPort, remote, remotePort, path, echo, reconnect });

/** Whether a form says what was kept. */
export const sameForm = (kept: LastForm, f: Form): boolean => JSON.stringify(kept) === JSON.stringify(lastOf(f));

/** What the browser kept, as far as it is of this shape. */
export const lastForms = (kept: unknown): LastForm[] => (Array.isArray(kept) ? kept.filter((f): f is LastForm => typeof (f as LastForm | null)?.protocol === 'string') : []);

/** The list with one more, the newest last, each once. */
export function withForm(list: readonly LastForm[], f: Form): LastForm[] {
  if (f.upstream) return [...list]; // a relay is two forms
  return [...list.filter((kept) => !sameForm(kept, f)), lastOf(f)].slice(-most);
}
