// How streams are cut, as the command line's --frame says it: the page's menus read and
// write the same words. What is wrong with them the core says.

import '../i18n/panels';
import type { Word } from '../i18n/i18n.svelte';

interface Field {
  name: string;
  word: Word;
  kind: 'bytes' | 'number' | 'size' | 'pause' | 'choice'; // size: a number, or varint
  first?: boolean; // it stands after the colon without its name
  initial?: string; // when the kind is chosen
  least?: number;
  choices?: readonly (readonly [string, Word])[]; // the first is the default
}

interface Kind {
  name: string;
  word: Word;
  fields: readonly Field[];
}

const bytes = (name: string, word: Word, initial?: string): Field => ({ name, word, kind: 'bytes', ...(initial ? { initial } : {}) });
const number = (name: string, word: Word, least: number, initial?: string): Field => ({ name, word, kind: 'number', least, ...(initial ? { initial } : {}) });
const after = number('after', 'fieldAfter', 0);

export const kinds: readonly Kind[] = [
  { name: 'line', word: 'frameLine', fields: [] },
  { name: 'delim', word: 'frameDelim', fields: [{ ...bytes('delim', 'fieldDelim', '0d0a'), first: true }] },
  { name: 'fixed', word: 'frameFixed', fields: [{ ...number('size', 'fieldSize', 1, '8'), first: true }] },
  {
    name: 'length',
    word: 'frameLength',
    fields: [
      number('offset', 'fieldOffset', 0),
      { name: 'size', word: 'fieldLengthSize', kind: 'size', initial: '2' },
      { name: 'order', word: 'fieldOrder', kind: 'choice', choices: [['big', 'orderBig'], ['little', 'orderLittle']] },
      { name: 'counts', word: 'fieldCounts', kind: 'choice', choices: [['rest', 'countsRest'], ['all', 'countsAll']] },
      number('adjust', 'fieldAdjust', -65536),
      bytes('head', 'fieldHead'),
      bytes('tail', 'fieldTail'),
    ],
  },
  { name: 'between', word: 'frameBetween', fields: [bytes('head', 'fieldHead', '7e'), bytes('tail', 'fieldTail', '7e'), after] },
  { name: 'idle', word: 'frameIdle', fields: [{ name: 'pause', word: 'fieldPause', kind: 'pause', first: true, initial: '20ms' }] },
  { name: 'stx', word: 'frameStx', fields: [after] },
  { name: 'slip', word: 'frameSlip', fields: [] },
  { name: 'cobs', word: 'frameCobs', fields: [] },
  { name: 'modbus-rtu', word: 'frameModbusRtu', fields: [{ name: 'idle', word: 'fieldRest', kind: 'pause' }] },
  { name: 'modbus-tcp', word: 'frameModbusTcp', fields: [] },
  { name: 'json', word: 'frameJson', fields: [] },
  { name: 'message', word: 'frameMessage', fields: [{ ...bytes('protocol', 'fieldProtocol', 'auto'), first: true }] },
];

export type Values = Record<string, string>;

/** The kind and the settings of a spec; undefined if it is none that the menus know. */
export function parse(spec: string): { kind: Kind; values: Values } | undefined {
  const colon = spec.indexOf(':');
  const kind = kinds.find((k) => k.name === (colon < 0 ? spec : spec.slice(0, colon)).trim());
  if (!kind) return undefined;
  const values: Values = {};
  const items = colon < 0 ? [] : (spec.slice(colon + 1).match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? []);
  for (const [n, item] of items.entries()) {
    const named = /^\s*([a-z]+)\s*=(.*)$/s.exec(item);
    if (named) values[named[1]!] = named[2]!.trim();
    else if (n === 0 && kind.fields[0]?.first) values[kind.fields[0].name] = item.trim();
    else return undefined;
  }
  return { kind, values };
}

/** A spec; what is empty or the default is left out. */
export function print(kind: Kind, values: Values): string {
  const known = kind.fields.filter((f) => (values[f.name] ?? '') !== '' && values[f.name] !== f.choices?.[0]![0]);
  const words = known.map((f) => (f.first ? values[f.name]! : `${f.name}=${values[f.name]}`));
  for (const [name, value] of Object.entries(values)) {
    if (!kind.fields.some((f) => f.name === name)) words.push(`${name}=${value}`);
  }
  return kind.name + (words.length > 0 ? ':' + words.join(',') : '');
}

/** The spec of a kind that was just chosen. */
export const initial = (kind: Kind): string => print(kind, Object.fromEntries(kind.fields.map((f) => [f.name, f.initial ?? ''])));
