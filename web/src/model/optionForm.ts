// The options of endpoints that a form shows besides its own fields. Everything here goes
// by what the table says of an option, and knows none by its name.

import type { ErrorLine, Options, SavedEndpoint } from '../api-types';
import type { Both, OptionField } from '../options';

/** What was typed for each option, by its name; '' or absent is its default. */
export type OptionInputs = Record<string, string>;

type Mode = 'listen' | 'connect';
type Table = readonly OptionField[];

// The form has fields of its own for these.
const elsewhere = new Set(['source', 'half-open', 'allow-peers', 'deny-peers', 'reconnect', 'broadcast']);

/** The options that a kind of endpoint has. */
export function optionsOf(table: Table, scheme: string, mode: Mode): OptionField[] {
  return table.filter((o) => !elsewhere.has(o.name) && (!o.schemes || o.schemes.includes(scheme)) && (!o.mode || o.mode === mode));
}

/** Options under one heading. */
export interface OptionTopic {
  readonly title: Both;
  readonly fields: readonly OptionField[];
}

/** Options by their headings, in the order of the table. */
export function topicsOf(fields: Table): OptionTopic[] {
  const topics = new Map<string, { title: Both; fields: OptionField[] }>();
  for (const o of fields) {
    const topic = topics.get(o.topic[0]) ?? { title: o.topic, fields: [] };
    topics.set(o.topic[0], topic);
    topic.fields.push(o);
  }
  return [...topics.values()];
}

/** What an option is where it is not given, if there is something to say. */
export function defaultOf(o: OptionField, scheme: string, mode: Mode): Both | undefined {
  return o.default?.find((d) => (!d.schemes || d.schemes.includes(scheme)) && (!d.mode || d.mode === mode))?.text;
}

/** What a request says of what was typed. What is no number goes as it is, for the core to say so. */
export function optionValues(table: Table, inputs: OptionInputs, scheme: string, mode: Mode): Options {
  const values: Record<string, unknown> = {};
  for (const o of optionsOf(table, scheme, mode)) {
    const text = inputs[o.name]?.trim() ?? '';
    if (text === '') continue;
    values[o.input === 'time' ? fileKey(o.key) : o.key] = valueOf(o, text); // a time has its unit, as in files
  }
  return values as Options;
}

function valueOf(o: OptionField, text: string): unknown {
  switch (o.input) {
    case 'switch':
      return text === 'on';
    case 'number':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'choice':
      return o.words?.find((w) => String(w.value) === text)?.value ?? text;
    case 'list':
      return listed(text);
    case 'time':
    case 'text':
      return text;
  }
}

/** The values of a field that takes several, between commas or blanks. */
export function listed(field: string): string[] {
  return field.split(/[\s,;，；、]+/).filter((a) => a !== '');
}

/** What would have been typed for the options of a session. */
export function inputsOf(given: Options | undefined): OptionInputs {
  const inputs: OptionInputs = {};
  for (const [key, v] of Object.entries((given ?? {}) as Record<string, unknown>)) {
    const name = fileKey(key).replaceAll('_', '-');
    if (v === undefined || elsewhere.has(name)) continue;
    if (typeof v === 'boolean') inputs[name] = v ? 'on' : 'off';
    else if (isTime(key) && typeof v === 'number') inputs[name] = v % 1000 === 0 ? `${v / 1000}s` : `${v}ms`;
    else inputs[name] = Array.isArray(v) ? v.join(', ') : String(v);
  }
  return inputs;
}

/** The options of a request as a workspace has them. */
export function savedOptions(given: Options | undefined): Partial<SavedEndpoint> {
  const saved: Record<string, unknown> = {};
  for (const [key, v] of Object.entries(given ?? {})) saved[fileKey(key)] = isTime(key) ? `${v}ms` : v;
  return saved as Partial<SavedEndpoint>;
}

// Times, and nothing else, have their unit in their names.
const isTime = (key: string): boolean => key.endsWith('_ms');
const fileKey = (key: string): string => key.replace(/_ms$/, '');

/** What is wrong with an option, of all that is wrong with a request. */
export function faultOf(faults: readonly ErrorLine[], o: OptionField): ErrorLine | undefined {
  return faults.find((f) => isOf(f, o));
}

/** What is wrong with something else than these options. */
export function otherFaults(faults: readonly ErrorLine[], fields: Table): ErrorLine[] {
  return faults.filter((f) => !fields.some((o) => isOf(f, o)));
}

/** What is wrong with one side of a relay, as if it were asked for alone; '' is the side that listens. */
export function sideFaults(faults: readonly ErrorLine[], side: '' | 'upstream'): ErrorLine[] {
  const of = (f: ErrorLine) => f.target?.startsWith('upstream.') ?? false;
  if (side === '') return faults.filter((f) => !of(f));
  return faults.filter(of).map((f) => ({ ...f, target: f.target!.slice('upstream.'.length) }));
}

// A fault names the option as the request does, an element of it with its place:
// options.alpn[1].
function isOf(f: ErrorLine, o: OptionField): boolean {
  const key = /^(?:options\.)?(\w+)(?:\[\d+\])?$/.exec(f.target ?? '')?.[1];
  return key !== undefined && fileKey(key) === fileKey(o.key);
}
