// A fault of a relay as a form has it, and as the text that it is.

import type { FaultForm } from '../faults';

/** What a form says of a fault; '' is not given. */
export interface FaultInputs {
  kind: string;
  /** The values of the kind's fields, by their words. */
  values: Record<string, string>;
  way: '' | 'to upstream' | 'from upstream';
  peer: string;
  percent: string;
  from: string;
  for: string;
  every: string;
  seed: string;
  when: string;
}

/** A fault of a kind that says only what it must. */
export function newFault(form: FaultForm): FaultInputs {
  const values = Object.fromEntries(form.fields.map((f) => [f.word, f.word === '' ? f.usual : '']));
  return { kind: form.kind, values, way: '', peer: '', percent: '', from: '', for: '', every: '', seed: '', when: '' };
}

/** The text of a fault, as the command line and the API take it. What is wrong in it the core says. */
export function faultText(form: FaultForm, f: FaultInputs): string {
  const words: string[] = [form.kind];
  const say = (word: string, value: string) => {
    if (value.trim() !== '') words.push(...(word ? [word] : []), value.trim());
  };
  for (const field of form.fields) say(field.word, f.values[field.word] ?? '');
  say('', f.way);
  say('peer', f.peer);
  say('', f.percent === '' ? '' : `${f.percent.replace(/%$/, '')}%`);
  for (const word of ['from', 'for', 'every', 'seed', 'when'] as const) say(word, f[word]);
  return words.join(' ');
}

/** What a form says of a text that the core has written: its words stand in the order of the form. */
export function faultInputs(forms: readonly FaultForm[], text: string): FaultInputs {
  const [head = '', when = ''] = halves(text);
  const words = head.split(' ');
  const form = forms.find((f) => f.kind === words[0]) ?? forms[0]!;
  const f: FaultInputs = { ...newFault(form), values: Object.fromEntries(form.fields.map((x) => [x.word, ''])), when };
  let at = 1;
  if (form.fields[0]?.word === '') f.values[''] = words[at++] ?? '';
  while (at < words.length) {
    const word = words[at++]!;
    const next = words[at] ?? '';
    if ((word === 'to' || word === 'from') && next === 'upstream') f.way = `${word} upstream`;
    else if (word.endsWith('%')) {
      f.percent = word.slice(0, -1);
      continue;
    } else if (form.fields.some((x) => x.word === word)) f.values[word] = next;
    else if (word === 'peer' || word === 'from' || word === 'for' || word === 'every' || word === 'seed') f[word] = next;
    at++;
  }
  return f;
}

// The pattern takes the rest of the text, whatever is in it.
function halves(text: string): [head: string, when: string] {
  const at = text.indexOf(' when ');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + ' when '.length)];
}
