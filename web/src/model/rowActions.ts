// What can be done with rows of the log that are chosen.

import type { EventLine } from '../api-types';
import { hex } from '../format/bytes';
import { fieldSpecOf } from '../format/fieldSpec';
import { delta } from '../format/numbers';
import { asC, asCurl, asNc, asPython, type Destination } from '../format/snippet';
import { query, request } from '../link/api';
import type { Content } from './content';
import type { Log } from './log.svelte';
import { headOf, type Row } from './row';
import { sending } from './sending.svelte';
import { settings } from './settings.svelte';
import type { Tab } from './tab.svelte';

/** A message that is chosen, with the event or the frame that it is of. */
export interface Chosen {
  row: Row;
  content: Content;
  head: EventLine;
}

/** The messages that are chosen, in order: of one row the one that is meant, of several all. */
export function chosenMessages(log: Log): Chosen[] {
  const rows = log.selected();
  const alone = rows.length === 1;
  return rows.flatMap((row) => (alone ? row.contents.slice(log.index, log.index + 1) : row.contents).map((content) => ({ row, content, head: headOf(row.event, content.frame) })));
}

/** All bytes of a message; the log has the beginning of a long one. */
export async function bytesOf({ row, content }: Chosen): Promise<Uint8Array> {
  if (content.frame || content.data.length >= content.bytes) return content.data;
  return new Uint8Array(await (await request('GET', `/events/${row.event.seq}/data${query({ session: row.event.session })}`)).arrayBuffer());
}

async function joined(chosen: readonly Chosen[]): Promise<Uint8Array> {
  const parts = await Promise.all(chosen.map(bytesOf));
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}

export const forms = ['hex', 'c', 'python', 'curl', 'nc'] as const;
export type Form = (typeof forms)[number];

/** Whom a line for a shell would send these bytes to: the same as they went to. */
export function destinationOf(chosen: readonly Chosen[], tab: Tab): Destination {
  const head = chosen[0]?.head;
  const toUs = head?.kind === 'received' && tab.status?.mode === 'listen';
  return { network: head?.network ?? tab.status?.network ?? '', address: (toUs ? head?.local : head?.peer) ?? '' };
}

/** The bytes of the messages, one after the other, in a form; undefined if they have none. */
export async function inForm(form: Form, chosen: readonly Chosen[], tab: Tab): Promise<string | undefined> {
  const data = await joined(chosen);
  switch (form) {
    case 'hex':
      return hex(data);
    case 'c':
      return asC(data);
    case 'python':
      return asPython(data);
    case 'curl':
      return asCurl(data, destinationOf(chosen, tab));
    case 'nc':
      return asNc(data, destinationOf(chosen, tab));
  }
}

/** Sends each message once more, as the same bytes, to whom the tab sends. */
export async function sendAgain(chosen: readonly Chosen[], tab: Tab): Promise<boolean> {
  for (const one of chosen) if (!(await sending.sendBytes(tab, await bytesOf(one)))) return false;
  return true;
}

/** Puts the bytes into the send box. */
export async function intoBox(chosen: readonly Chosen[], tab: Tab): Promise<void> {
  sending.useFile = false;
  settings.sendHex = true;
  tab.input = hex(await joined(chosen));
}

/** The bytes as a payload that the workspace keeps. */
export const payloadOf = async (chosen: readonly Chosen[]): Promise<{ hex: string }> => ({ hex: hex(await joined(chosen)) });

/** How much later the last row is than the first. */
export function timeBetween(rows: readonly Row[]): string {
  const first = rows[0]?.event.time;
  const last = rows.at(-1)?.event.time;
  return first && last ? delta(last, first) : '';
}

/** The fields of the tab, with those that such a message may have, if they are not read yet. */
export function fieldsWith(fields: string, one: Chosen): string {
  const spec = fieldSpecOf(one.content.data);
  return spec === '' || fields.split('\n').includes(spec) ? fields : [fields, spec].filter(Boolean).join('\n');
}

const longestText = 80; // characters of a filter that a row makes

/** The first line of a message, by which rows like it are found; empty if it is no text. */
export function textOf({ content }: Chosen): string {
  const line = content.decoded(settings.charset).split(/[\r\n]/)[0] ?? '';
  return /[\u0000-\u001f\u007f-\u009f\ufffd\ud800-\udfff]/u.test(line) ? '' : line.slice(0, longestText);
}

/** What a rule matches that answers such a message. */
export function matchOf(one: Chosen): string {
  const text = one.content.decoded(settings.charset);
  const whole = text.replace(/[\r\n]+$/, '');
  if (one.content.data.length <= longestText && whole === textOf(one) && whole !== '') return whole === text ? `is:${text}` : `prefix:${whole}`;
  return `hex:${hex(one.content.data, 0, 16)}${one.content.data.length > 16 ? ' *' : ''}`;
}
