// Send lists: what is in the workspace, and what is being made of it. A list that is
// changed is kept a moment later, if the core finds nothing wrong with it; what it
// finds stands at the row.

import type { ErrorLine, List, Lists, ListText, Row, Run, SavedPayload, SendResults } from '../api-types';
import { duration, milliseconds } from '../format/duration';
import { call, failuresOf } from '../link/api';
import { saveText } from '../link/save';
import type { Tab } from './tab.svelte';
import { runs } from './runs.svelte';
import { workspace } from './workspace.svelte';

export type Kind = 'text' | 'hex' | 'payload';

/** A row as it is edited. One in which nothing is written yet is not part of the list. */
export interface DraftRow {
  key: number;
  name: string;
  kind: Kind;
  written: string;
  charset: string;
  checksum: string;
  lineEnd: string;
  prefix: string;
  suffix: string;
  delay: number; // ms
  repeat: number;
  enabled: boolean;
  to: string;
}

export interface Draft {
  name: string;
  times: number; // 0 is for ever
  rows: DraftRow[];
}

let lastKey = 0;

function draftRow(r: Row): DraftRow {
  const kind = r.hex ? 'hex' : r.payload ? 'payload' : 'text';
  return {
    key: ++lastKey,
    name: r.name ?? '',
    kind,
    written: r[kind] ?? '',
    charset: r.charset ?? '',
    checksum: r.checksum ?? '',
    lineEnd: r.line_ending ?? '',
    prefix: r.prefix ?? '',
    suffix: r.suffix ?? '',
    delay: milliseconds(r.delay),
    repeat: Math.max(1, r.repeat ?? 1),
    enabled: r.enabled ?? true,
    to: r.to ?? '',
  };
}

function rowOf(r: DraftRow): Row {
  const row: Row = { [r.kind]: r.written };
  if (r.name) row.name = r.name;
  if (r.charset && r.kind !== 'hex') row.charset = r.charset;
  if (r.checksum) row.checksum = r.checksum;
  if (r.lineEnd) row.line_ending = r.lineEnd;
  if (r.prefix) row.prefix = r.prefix;
  if (r.suffix) row.suffix = r.suffix;
  const delay = duration(r.delay);
  if (delay) row.delay = delay;
  if (r.repeat > 1) row.repeat = r.repeat;
  if (!r.enabled) row.enabled = false;
  if (r.to.trim()) row.to = r.to.trim();
  return row;
}

const written = (d: Draft): DraftRow[] => d.rows.filter((r) => r.written !== '');

function listOf(d: Draft): List {
  const row = written(d).map(rowOf);
  return { ...(d.times !== 1 ? { times: d.times } : {}), ...(row.length > 0 ? { row } : {}) };
}

function draftOf(name: string, l: List): Draft {
  return { name, times: l.times ?? 1, rows: (l.row ?? []).map(draftRow) };
}

const textOf = (d: Draft): string => JSON.stringify(listOf(d));

class ListsModel {
  draft = $state<Draft>();
  /** What the core has against rows, by their keys, and against the rest. */
  rowFaults = $state.raw<Record<number, ErrorLine>>({});
  faults = $state.raw<ErrorLine[]>([]);
  /** What was removed last, to be had back. */
  removed = $state.raw<{ draft: Draft; row: boolean }>(); // a list, or the list as it was before a row went

  private kept = $state(''); // the draft as the workspace has it
  private aside = new Map<string, Draft>(); // drafts that could not be kept yet
  private sentKeys = new Map<string, number[]>(); // the rows of a run, by "session run"
  private saving = false;

  names = $derived.by(() => {
    const names = [...new Set([...Object.keys(workspace.now?.file.lists ?? {}), ...this.aside.keys()])];
    if (this.draft && !names.includes(this.draft.name)) names.push(this.draft.name);
    return names.sort((a, b) => a.localeCompare(b));
  });
  changed = $derived(this.draft !== undefined && textOf(this.draft) !== this.kept);
  run = $derived<Run | undefined>(this.draft && runs.of(this.draft.name));

  /** Takes over what the workspace says, unless something is being changed. */
  follow(): void {
    const there = workspace.now?.file.lists ?? {};
    const d = this.draft;
    if (d && this.changed) return;
    const name = d?.name ?? sessionStorage.getItem('sockeye-list') ?? '';
    const wanted = there[name] ? name : (Object.keys(there).sort()[0] ?? '');
    const list = there[wanted];
    if (!list) {
      if (workspace.now && this.kept !== '') this.draft = undefined;
      return;
    }
    const fresh = draftOf(wanted, list);
    if (d?.name === wanted && textOf(fresh) === this.kept) return; // rows keep their keys, and what is open
    this.take(fresh, textOf(fresh));
  }

  private take(d: Draft | undefined, kept: string): void {
    this.draft = d;
    this.kept = kept;
    this.rowFaults = {};
    this.faults = [];
    if (d) sessionStorage.setItem('sockeye-list', d.name);
  }

  async choose(name: string): Promise<void> {
    await this.leave();
    const list = workspace.now?.file.lists?.[name];
    const there = list && draftOf(name, list);
    const draft = this.aside.get(name) ?? there;
    this.aside.delete(name);
    if (draft) this.take(draft, there ? textOf(there) : '');
  }

  // leave keeps the draft, in the worst case here until somebody comes back to it.
  private async leave(): Promise<void> {
    await this.save();
    if (this.draft && this.changed) this.aside.set(this.draft.name, $state.snapshot(this.draft));
  }

  /** A name that no list has: "list-2" of a pattern. */
  fresh(pattern: (n: number) => string): string {
    for (let n = 1; ; n++) if (!this.names.includes(pattern(n))) return pattern(n);
  }

  async create(name: string): Promise<void> {
    await this.leave();
    this.take({ name, times: 1, rows: [draftRow({})] }, '');
    await this.save();
  }

  async rename(name: string): Promise<boolean> {
    const d = this.draft;
    if (!d || name === d.name) return true;
    if (this.names.includes(name)) return false;
    const before = d.name;
    const ok = await this.change((lists) => {
      delete lists[before];
      lists[name] = listOf(d);
    }, [before, name]);
    if (ok) {
      d.name = name;
      this.kept = textOf(d);
      sessionStorage.setItem('sockeye-list', name);
    }
    return true;
  }

  async remove(): Promise<void> {
    const d = this.draft;
    if (!d || !(await this.change((lists) => delete lists[d.name]))) return;
    this.removed = { draft: $state.snapshot(d), row: false };
    this.take(undefined, '');
    this.follow();
  }

  /** Has what was removed last back. */
  async undo(): Promise<void> {
    const r = this.removed;
    this.removed = undefined;
    if (!r) return;
    if (this.draft?.name !== r.draft.name) await this.leave();
    const list = workspace.now?.file.lists?.[r.draft.name];
    this.take(r.draft, list ? textOf(draftOf(r.draft.name, list)) : '');
    await this.save();
  }

  // ---- rows ----

  add(what?: SavedPayload): DraftRow | undefined {
    const row = draftRow(what ? (what as Row) : {});
    const last = this.draft?.rows.at(-1);
    if (!what && last) Object.assign(row, { kind: last.kind === 'hex' ? 'hex' : 'text', charset: last.charset, checksum: last.checksum, lineEnd: last.lineEnd, prefix: last.prefix, suffix: last.suffix, delay: last.delay });
    if (what && last) row.delay = last.delay;
    this.draft?.rows.push(row);
    return row;
  }

  duplicate(at: number): void {
    const row = this.draft?.rows[at];
    if (row) this.draft?.rows.splice(at + 1, 0, { ...$state.snapshot(row), key: ++lastKey });
  }

  drop(at: number): void {
    if (!this.draft) return;
    this.removed = { draft: $state.snapshot(this.draft), row: true };
    this.draft.rows.splice(at, 1);
  }

  /** Moves a row. Returns where it is now. */
  move(from: number, to: number): number {
    const rows = this.draft?.rows;
    if (!rows || to < 0 || to >= rows.length || from === to) return from;
    rows.splice(to, 0, ...rows.splice(from, 1));
    return to;
  }

  // ---- keeping ----

  /** Keeps the draft, if it was changed. */
  async save(): Promise<void> {
    if (!this.draft || !this.changed || this.saving) return;
    this.saving = true;
    try {
      const d = $state.snapshot(this.draft);
      const list = listOf(d);
      if (await this.change((lists) => (lists[d.name] = list))) this.kept = textOf(d);
    } finally {
      this.saving = false;
    }
  }

  // change changes the lists of the workspace. An endpoint that sends a list which has
  // another name now sends it still.
  private async change(how: (lists: Record<string, List>) => void, renamed?: [from: string, to: string]): Promise<boolean> {
    const ok = await workspace.change((file) => {
      const lists = { ...file.lists };
      how(lists);
      const endpoint = file.endpoint?.map((e) => (renamed && e.send === renamed[0] ? { ...e, send: renamed[1] } : e));
      return { ...file, lists, ...(endpoint ? { endpoint } : {}) };
    });
    this.tell(ok ? [] : workspace.faults);
    workspace.faults = [];
    return ok;
  }

  // tell puts faults at their rows.
  private tell(faults: ErrorLine[]): void {
    const rest: ErrorLine[] = [];
    const placed: Record<number, ErrorLine> = {};
    for (const f of faults) {
      const at = placeOf(f.target ?? '');
      const row = this.draft && at && (at.list ?? this.draft.name) === this.draft.name ? written(this.draft)[at.row] : undefined;
      if (row) placed[row.key] = both(placed[row.key], { ...f, target: '' });
      else rest.push(f);
    }
    this.rowFaults = placed;
    this.faults = rest;
  }

  // ---- sending ----

  async start(tab: Tab): Promise<void> {
    const d = this.draft;
    if (!d || !tab.session) return;
    this.tell([]);
    try {
      const run = await runs.start(tab.session, { ...target(tab), name: d.name, list: listOf(d) });
      this.sentKeys.set(`${run.session} ${run.id}`, written(d).map((r) => r.key));
    } catch (e) {
      this.tell(failuresOf(e));
    }
  }

  /** The key of the row that a run sent last. */
  keyOf(run: Run): number | undefined {
    const keys = this.sentKeys.get(`${run.session} ${run.id}`) ?? (this.draft ? written(this.draft).map((r) => r.key) : []);
    return keys[run.row];
  }

  /** Sends a row once. Returns how many bytes went to each peer, or -1. */
  async sendRow(tab: Tab, row: DraftRow): Promise<number> {
    const { [row.key]: _, ...others } = this.rowFaults;
    this.rowFaults = others;
    const fails = (f: ErrorLine): number => {
      this.rowFaults = { ...others, [row.key]: f };
      return -1;
    };
    try {
      const got = await call<SendResults>('POST', `/sessions/${tab.session}/send`, { ...target(tab), row: rowOf(row) });
      const failed = got.results.find((r) => r.error)?.error;
      return failed ? fails(failed) : Math.max(0, ...got.results.map((r) => r.bytes));
    } catch (e) {
      const all = failuresOf(e).map((f) => ({ ...f, target: (f.target ?? '').replace(/^row(?:\.\w+)?$/, '') }));
      return fails(all.slice(1).reduce(both, all[0] as ErrorLine));
    }
  }

  // ---- files ----

  /** Brings the lists of a file in. Returns the name of the first, and its rows. */
  async import(file: File): Promise<{ name: string; rows: number } | undefined> {
    await this.leave();
    const [, base = '', ending = ''] = /^(.*?)(?:\.(\w+))?$/.exec(file.name) ?? [];
    const asked: ListText = { name: base, format: ending.toLowerCase() === 'csv' ? 'csv' : 'toml', text: await file.text() };
    let found: Record<string, List>;
    try {
      found = (await call<Lists>('POST', '/lists/parse', asked)).lists;
    } catch (e) {
      this.faults = failuresOf(e);
      return undefined;
    }
    const taken: Record<string, List> = {};
    for (const [name, list] of Object.entries(found)) taken[this.fresh((n) => (n === 1 ? name : `${name} ${n}`))] = list;
    const name = Object.keys(taken).sort()[0];
    if (name === undefined || !(await this.change((lists) => Object.assign(lists, taken)))) return undefined;
    await this.choose(name);
    return { name, rows: this.draft?.rows.length ?? 0 };
  }

  async export(format: ListText['format']): Promise<string> {
    if (!this.draft) return '';
    try {
      const { text } = await call<ListText>('POST', '/lists/export', { name: this.draft.name, format, list: listOf(this.draft) });
      const name = `${this.draft.name.replace(/[^\p{L}\p{N}.-]/gu, '_')}.${format}`;
      saveText(name, text);
      return name;
    } catch (e) {
      this.tell(failuresOf(e));
      return '';
    }
  }
}

/** Two faults of one row, of which one is shown: the messages together. */
function both(first: ErrorLine | undefined, next: ErrorLine): ErrorLine {
  if (!first) return next;
  return { ...first, message: `${first.message}; ${next.message}`, hint: first.hint ?? next.hint };
}

/** The row that a fault is about: "lists.boot: row 3", "row 3: delay" or "list.row[2].delay". */
function placeOf(target: string): { list?: string; row: number } | undefined {
  const said = /^(?:lists\.(.*): )?row (\d+)(?:: \w+)?$/.exec(target);
  if (said) return { ...(said[1] !== undefined ? { list: said[1] } : {}), row: Number(said[2]) - 1 };
  const path = /^(?:list|file\.lists\.(.*))\.row\[(\d+)\]/.exec(target);
  return path ? { ...(path[1] !== undefined ? { list: path[1] } : {}), row: Number(path[2]) } : undefined;
}

function target(tab: Tab): { all: true } | { to: number[] } {
  return tab.all ? { all: true } : { to: tab.chosen };
}

export const lists = new ListsModel();
