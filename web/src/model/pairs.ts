// Who belongs together in a relay.

import type { EventLine } from '../api-types';
import { nameOf } from '../format/sentence';
import { workbench } from './workbench.svelte';

/** The name of what an event at the upstream is of: the peer that it is relayed for, of the session of these. Of several that share the connection it is the upstream itself. */
export function nameOfPair(e: EventLine, session: string): string {
  const [id] = workbench.pairsOf(e.peer_id ?? 0);
  const p = workbench.peers.get(session)?.get(id ?? 0) ?? workbench.departed.get(session)?.get(id ?? 0);
  return p ? nameOf(p) : nameOf(e);
}
