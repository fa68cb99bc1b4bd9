// One event of the log, and the lines it takes in a view: those of its bytes, or of
// each frame that ends by it, and what it says if it is about something else.

import { schemeOf } from '../format/scheme';
import type { EventLine, Frame } from '../api-types';
import { wrapText } from '../format/layout';
import { micros } from '../format/numbers';
import { Content, type Shown, type View } from './content';

/** One line of the log. */
export interface Line extends Shown {
  row: Row;
  /** Which of the row's lines. */
  part: number;
  /** The line has the time, the peer and the length. */
  head: boolean;
  /** It has only that; the bytes, or what the event says, are below it. */
  lead: boolean;
  /** The bytes that it is of; undefined for what the event itself says. */
  of: Content | undefined;
  /** Which of the row's contents that is. */
  index: number;
  /** What the event says, or the part of it that is in this line. */
  said: string;
  /** So many frames more end by the event than it may have. */
  leftOut: number;
  /** Of one send to many that is unfolded, the one to this recipient. */
  recipient: EventLine | undefined;
}

const mostLines = 12; // of what an event says; the message panel has all of it

const pauseInSend = 20_000; // µs between the writes to two recipients of one send, at most

const isData = (e: EventLine): boolean => e.kind === 'received' || e.kind === 'sent';

export class Row {
  /** Its messages: one chunk, or frames. */
  readonly contents: Content[];
  /** The event has a line of its own, after its frames. */
  readonly says: boolean;

  /** Time of the row above, for differences. */
  above: string | undefined;

  /** The same bytes sent at the same time to others: one send to many is one row. */
  readonly others: EventLine[] = [];
  /** Each recipient has a line. */
  unfolded = false;

  /** The place is the event's number, or, of what is no frame yet, one after all events. */
  constructor(
    readonly event: EventLine,
    readonly seq: number = event.seq ?? 0,
  ) {
    const framed = event.frames !== undefined || event.frames_left_out !== undefined;
    if (framed) this.contents = (event.frames ?? []).map((f) => new Content(f.data, f.bytes, f));
    else this.contents = isData(event) ? [new Content(event.data, event.bytes, undefined, schemeOf(event.network).datagram)] : [];
    this.says = !isData(event);
  }

  /** Who was sent to by the row, the first of them first; one alone is none. */
  get recipients(): EventLine[] {
    return this.others.length > 0 ? [this.event, ...this.others] : [];
  }

  /** The number of its last event. */
  get last(): number {
    return this.others.at(-1)?.seq ?? this.seq;
  }

  /** Takes an event that comes right after it into the row, if both are of one send. */
  takes(e: EventLine): boolean {
    const { event } = this;
    if (event.kind !== 'sent' || e.kind !== 'sent' || event.frames || e.frames || event.session !== e.session || event.bytes !== e.bytes || event.data !== e.data) return false;
    if (e.peer_id === event.peer_id || this.others.some((o) => o.peer_id === e.peer_id) || event.unsent_bytes || e.unsent_bytes) return false;
    if (micros(e.time) - micros((this.others.at(-1) ?? event).time) > pauseInSend) return false;
    this.others.push(e);
    return true;
  }

  get isData(): boolean {
    return this.contents.length > 0;
  }

  /** It is of what no event has ended yet. */
  get isOpen(): boolean {
    return !Number.isInteger(this.seq);
  }

  /** Which stream a message of the row is a part of: one direction of a peer. */
  streamOf(content: Content): string {
    const { direction, peer_id } = content.frame ?? { direction: this.event.kind, peer_id: undefined };
    return `${peer_id ?? this.event.peer_id ?? 0} ${direction}`;
  }

  /** How many lines the row takes. */
  height(view: View): number {
    let n = this.says ? this.sentence(view).length + this.leads(view) : 0;
    for (const c of this.contents) n += c.height(view) + (view.narrow ? 1 : 0);
    return n + (this.unfolded ? this.recipients.length : 0);
  }

  /** A narrow view has no room for what is said beside the time and the peer. */
  private leads(view: View): number {
    return view.narrow && !this.event.frames && (this.event.peer || this.sentence(view).length > 1) ? 1 : 0;
  }

  /** What the event says, as lines. */
  private sentence(view: View): string[] {
    if (this.laidOut !== view) {
      const text = view.say(this.event);
      this.lines = wrapText(text, view.columns, mostLines).map(({ start, end }) => text.slice(start, end));
      this.laidOut = view;
    }
    return this.lines;
  }

  private laidOut: View | undefined;
  private lines: string[] = [];

  /** The line that a message begins with. */
  lineOf(view: View, index: number): number {
    return this.contents.slice(0, index).reduce((n, c) => n + c.height(view) + (view.narrow ? 1 : 0), 0);
  }

  line(view: View, part: number): Line {
    const line: Line = { row: this, part, head: false, lead: false, of: undefined, index: 0, said: '', leftOut: 0, recipient: undefined, offset: '', content: [], beside: [], more: false };
    const lead = view.narrow ? 1 : 0;
    let at = part;
    for (const [index, of] of this.contents.entries()) {
      const height = of.height(view) + lead;
      if (at < height) {
        const last = !this.says && index === this.contents.length - 1 && at === height - 1;
        const shown = at < lead ? {} : of.line(view, at - lead);
        return { ...line, ...shown, of, index, head: at === 0, lead: at < lead, leftOut: last ? (this.event.frames_left_out ?? 0) : 0 };
      }
      at -= height;
    }
    const recipient = this.unfolded ? this.recipients[at] : undefined;
    if (recipient) return { ...line, index: this.contents.length + at, recipient };
    const leads = this.leads(view);
    return { ...line, index: this.contents.length, head: at === 0, lead: at < leads, said: this.sentence(view)[at - leads] ?? '', leftOut: this.event.frames_left_out ?? 0 };
  }
}

/** What a line is of: the event, or a frame by it, which may be of another peer and time. */
export function headOf(e: EventLine, f: Frame | undefined): EventLine {
  if (!f) return e;
  const { bytes, direction: kind, time } = f;
  return { ...e, kind, time, bytes, ...(f.peer ? { peer: f.peer, peer_id: f.peer_id ?? 0 } : {}) };
}

/** The events whose comment a line shows: one send to many has it on any of them. */
export function commentable({ row, recipient, head, index }: Line): readonly EventLine[] {
  if (recipient) return [recipient];
  if (!head || index !== 0) return [];
  return row.unfolded ? [row.event] : [row.event, ...row.others];
}
