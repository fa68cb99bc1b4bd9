// Writing comments, and going from one to the next.

import '../i18n/comments';
import type { Commented, EventComment } from '../api-types';
import { call, query } from '../link/api';
import { t } from '../i18n/i18n.svelte';
import { bookmark, comments } from './comments.svelte';
import type { Log } from './log.svelte';
import type { Tab } from './tab.svelte';
import { ui } from './ui.svelte';
import { workbench } from './workbench.svelte';

/** How many characters a comment has at most. */
export const longestComment = 500;

/** Writes a comment; without text it is taken away. The page says where it is kept, or why not. */
export const comment = (session: string, seq: number, text: string): Promise<boolean> =>
  workbench.attempt(async () => {
    if (workbench.viewer) return;
    const made = await call<Commented>('PUT', `/events/${seq}/comment` + query({ session }), { text });
    const { why } = made;
    if (why) ui.say(() => [why.message, why.hint].filter(Boolean).join(' — '));
    else if (made.text !== '') ui.say(() => t(made.kept === 'recording' ? 'commentRecorded' : 'commentInMemory'));
  });

/** Sets a bookmark on the current row, or takes it away; a comment with words stays. */
export function toggleBookmark(log: Log): void {
  const { session, seq } = log.at(log.current)?.event ?? {};
  const now = comments.at(session, seq);
  if (session && seq && (now === '' || now === bookmark)) void comment(session, seq, now === '' ? bookmark : '');
}

/** Goes to the next comment, or the one before. */
export function goToComment(tab: Tab, log: Log, by: 1 | -1): void {
  const to = beside(tab.comments, log.current, by);
  if (to) void log.show(to.seq, []);
}

/** The comment after an event, or before it; around the ends it goes on at the other one. */
export function beside(list: readonly EventComment[], seq: number, by: 1 | -1): EventComment | undefined {
  return by > 0 ? (list.find((c) => c.seq > seq) ?? list[0]) : (list.findLast((c) => c.seq < (seq || Infinity)) ?? list.at(-1));
}
