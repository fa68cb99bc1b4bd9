// What the person chose, kept by the browser: how the log looks, how things are
// sent, light or dark.

import { MediaQuery } from 'svelte/reactivity';
import type { Charset, ViewCharset } from '../format/text';
import type { Look } from '../format/layout';
import type { Stamp } from '../format/numbers';
import type { LastForm } from './lastForms';
import type { Grouping, Order } from './peerOrder';

const key = 'sockeye-settings';

/** Rows with a text have a colour, and may be heard or told of as they come. */
export interface Highlight {
  text: string;
  /** Which of the colours, from 0. */
  colour: number;
  alert: '' | 'sound' | 'notification';
}

const defaults = {
  theme: 'auto' as 'auto' | 'light' | 'dark',
  look: 'text' as Look,
  charset: 'utf-8' as ViewCharset,
  stamp: 'ms' as Stamp,
  showTime: true,
  wrap: true,
  framings: {} as Record<string, { frame: string; check: string }>, // by endpoint
  fieldSpecs: {} as Record<string, string>, // by endpoint
  decoders: {} as Record<string, string>, // names of decoders, by endpoint
  guessesOff: [] as readonly string[], // endpoints of which nobody wants to know what they look like
  fieldColumns: true, // values are columns of the log
  fileAs: 'pcapng' as 'pcapng' | 'raw',
  panel: true,
  peerOrder: 'joined' as Order,
  peerGroups: '' as Grouping,
  peerTable: null as boolean | null, // null as it suits their number
  sendHex: false,
  sendEscapes: true,
  sendCharset: 'utf-8' as Charset,
  lineEnding: '' as '' | 'lf' | 'crlf' | 'cr',
  checksum: '',
  checksumFrom: 0,
  checksumTo: 0,
  checksumOrder: '' as '' | 'big' | 'little',
  prefix: '', // before and after every message, as text with escapes and fields
  suffix: '',
  clearAfter: false,
  repeat: false,
  repeatEvery: 1000,
  fileChunk: 0, // bytes of a file at a time; 0 as it suits the network
  fileRate: 0, // bytes of a file in a second; 0 as fast as they are taken
  fileLineDelay: 0, // milliseconds between lines of a file; 0 does not look for lines
  lastForms: [] as LastForm[], // what was opened last, the newest at the end
  requestForm: '', // the protocol of the request that was filled in last
  welcomed: false,
  highlights: [] as Highlight[],
  history: [] as string[],
};

export type Settings = typeof defaults;

function stored(): Settings {
  try {
    const found = JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Settings>;
    return { ...defaults, ...found };
  } catch {
    return { ...defaults };
  }
}

export const settings = $state<Settings>(stored());

class Appearance {
  private readonly query = new MediaQuery('prefers-color-scheme: dark');

  get system(): 'light' | 'dark' {
    return this.query.current ? 'dark' : 'light';
  }

  /** What is seen: what was chosen, or else the system's. */
  get dark(): boolean {
    return (settings.theme === 'auto' ? this.system : settings.theme) === 'dark';
  }
}

export const appearance = new Appearance();

/** Keeps the settings from now on. Call once, within a component. */
export function keepSettings(): void {
  $effect(() => {
    localStorage.setItem(key, JSON.stringify(settings));
  });
  // Before all others: what reads colours finds those of now.
  $effect.pre(() => {
    const root = document.documentElement;
    if (settings.theme === 'auto') delete root.dataset['theme'];
    else root.dataset['theme'] = settings.theme;
  });
}

/** Remembers what was sent, the newest last, each text once. */
export function remember(text: string): void {
  if (text === '') return;
  settings.history = [...settings.history.filter((h) => h !== text), text].slice(-100);
}
