// A rule as its form has it, and back; and what a rule is called and does, in a line.

import type { Reply, Rule } from '../api-types';
import { t, type Word } from '../i18n/i18n.svelte';

export const whens = ['match', 'join', 'every', 'after'] as const;
export const patterns = ['any', 'is', 'prefix', 'suffix', 'contains', 'hex', 'regexp'] as const;
export type Pattern = (typeof patterns)[number];

export interface ReplyDraft {
  as: 'text' | 'hex' | 'payload';
  text: string;
  delay: string;
  to: string;
}

export interface Draft {
  name: string;
  when: (typeof whens)[number];
  pattern: Pattern;
  text: string;
  time: string;
  in: string;
  goto: string;
  replies: ReplyDraft[];
  cooldown: string;
  count: string;
  chance: string;
  end: string;
}

export const freshReply = (): ReplyDraft => ({ as: 'text', text: '', delay: '', to: '' });

/** The replies of a rule, also of one in its short form. */
function repliesOf(r: Rule): Reply[] {
  if (r.replies) return r.replies;
  const { reply: text, reply_hex: hex, payload, delay, to } = r;
  if (!text && !hex && !payload && !delay && !to) return [];
  return [{ ...(text ? { text } : {}), ...(hex ? { hex } : {}), ...(payload ? { payload } : {}), ...(delay ? { delay } : {}), ...(to ? { to } : {}) }];
}

/** What a form begins with. */
export function draftOf(r: Rule): Draft {
  const [word = '', ...rest] = (r.match ?? '').split(':');
  return {
    name: r.name ?? '',
    when: r.join ? 'join' : r.every ? 'every' : r.after ? 'after' : 'match',
    pattern: (patterns as readonly string[]).includes(word) ? (word as Pattern) : 'is',
    text: rest.join(':'),
    time: r.every ?? r.after ?? '',
    in: (r.in ?? []).join(', '),
    goto: r.goto ?? '',
    replies: repliesOf(r).map((a) => ({ as: a.payload ? 'payload' : a.hex ? 'hex' : 'text', text: a.payload ?? a.hex ?? a.text ?? '', delay: a.delay ?? '', to: a.to ?? '' })),
    cooldown: r.cooldown ?? '',
    count: r.count ? String(r.count) : '',
    chance: r.chance === undefined ? '' : String(r.chance),
    end: r.end ?? '',
  };
}

/** The rule that a form says: as short as a person would write it in a file. */
export function ruleOf(d: Draft): Rule {
  const r: Rule = {};
  if (d.name.trim()) r.name = d.name.trim();
  if (d.when === 'match') r.match = d.pattern === 'any' ? 'any' : `${d.pattern}:${d.text}`;
  else if (d.when === 'join') r.join = true;
  else if (d.time.trim()) r[d.when] = d.time.trim();
  const states = d.in.split(/[,，]/).map((s) => s.trim()).filter((s) => s !== '');
  if (states.length > 0) r.in = states;
  const replies = d.replies.map((a): Reply => ({
    ...(a.as === 'text' ? { text: a.text } : a.as === 'hex' ? { hex: a.text } : { payload: a.text }),
    ...(a.delay.trim() ? { delay: a.delay.trim() } : {}),
    ...(a.to ? { to: a.to } : {}),
  }));
  const [one] = replies;
  if (replies.length > 1) r.replies = replies;
  else if (one) {
    const { text, hex, ...more } = one;
    Object.assign(r, text ? { reply: text } : {}, hex ? { reply_hex: hex } : {}, more);
  }
  if (d.goto.trim()) r.goto = d.goto.trim();
  if (d.cooldown.trim()) r.cooldown = d.cooldown.trim();
  if (d.count.trim()) r.count = Number(d.count);
  if (d.chance.trim()) r.chance = Number(d.chance);
  if (d.end) r.end = d.end;
  return r;
}

/** The names, in a fault of the core, of a field of a reply. */
export const replyField = (d: Draft, n: number, part: 'text' | 'delay' | 'to'): string[] => {
  const short = { text: ['reply', 'reply_hex', 'payload'], delay: ['delay'], to: ['to'] }[part];
  if (d.replies.length === 1) return short;
  return (part === 'text' ? ['text', 'hex', 'payload'] : [part]).map((p) => `replies[${n}].${p}`);
};

/** When a rule answers. */
export function whenOf(r: Rule): string {
  if (r.join) return t('whenJoin');
  if (r.every) return `${t('whenEvery')} ${r.every}`;
  if (r.after) return `${t('whenAfter')} ${r.after}`;
  return r.match ?? '';
}

const ends: Record<string, Word> = { close: 'endClose', abort: 'endAbort' };

/** What it does then. */
export function doesOf(r: Rule): string {
  const parts = repliesOf(r).map((a) => a.text ?? a.hex ?? a.payload ?? '');
  if (r.goto) parts.push(`⇒ ${r.goto}`);
  const end = ends[r.end ?? ''];
  if (end) parts.push(t(end));
  return parts.join(' · ');
}
