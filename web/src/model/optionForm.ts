// The options of endpoints that a form shows besides its own fields: from the table that
// everything else has them from.

import type { Options, SavedEndpoint } from '../api-types';
import { options, type OptionField } from '../options';

/** What was typed for each option, by its name; '' or absent is its default. */
export type OptionInputs = Record<string, string>;

// The form has fields of its own for these.
const elsewhere = new Set(['source', 'half-open', 'allow-peers', 'deny-peers', 'reconnect', 'broadcast']);

/** The options that a kind of endpoint has. */
export function optionsOf(scheme: string, mode: 'listen' | 'connect'): OptionField[] {
  return options.filter((o) => !elsewhere.has(o.name) && (!o.schemes || o.schemes.includes(scheme)) && (!o.mode || o.mode === mode));
}

/** What a request says of what was typed. What is no number goes as it is, for the core to say so. */
export function optionValues(inputs: OptionInputs, scheme: string, mode: 'listen' | 'connect'): Options {
  const values: Record<string, unknown> = {};
  for (const o of optionsOf(scheme, mode)) {
    const text = inputs[o.name]?.trim() ?? '';
    if (text === '') continue;
    if (o.kind === 'time') values[fileKey(o)] = text; // with its unit, as in files
    else values[o.key] = valueOf(o, text);
  }
  return values as Options;
}

function valueOf(o: OptionField, text: string): unknown {
  switch (o.kind) {
    case 'switch':
      return text === 'on';
    case 'bytes':
    case 'count':
    case 'port':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'choice':
      return o.words?.find((w) => String(w) === text) ?? text;
    case 'addresses':
    case 'prefixes':
      return text.split(/[\s,;，；、]+/).filter((a) => a !== '');
    case 'time':
    case 'interface':
      return text;
  }
}

/** What would have been typed for the options of a session. */
export function inputsOf(given: Options | undefined): OptionInputs {
  const inputs: OptionInputs = {};
  const values = (given ?? {}) as Record<string, unknown>;
  for (const o of options) {
    const v = values[o.key];
    if (v === undefined || elsewhere.has(o.name)) continue;
    if (typeof v === 'boolean') inputs[o.name] = v ? 'on' : 'off';
    else if (o.kind === 'time' && typeof v === 'number') inputs[o.name] = v % 1000 === 0 ? `${v / 1000}s` : `${v}ms`;
    else inputs[o.name] = Array.isArray(v) ? v.join(', ') : String(v);
  }
  return inputs;
}

/** The options of a request as a workspace has them. */
export function savedOptions(given: Options | undefined): Partial<SavedEndpoint> {
  const saved: Record<string, unknown> = {};
  for (const [key, v] of Object.entries(given ?? {})) {
    const time = options.find((o) => o.kind === 'time' && o.key === key);
    saved[time ? fileKey(time) : key] = time ? `${v}ms` : v;
  }
  return saved as Partial<SavedEndpoint>;
}

const fileKey = (o: OptionField): string => o.key.replace(/_ms$/, '');
