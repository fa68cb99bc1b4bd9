// Every action of the page that needs no place: the palette and the help are made of it.

import type { Log } from '../../model/log.svelte';
import { goToComment } from '../../model/commenting';
import { appearance, settings } from '../../model/settings.svelte';
import type { Tab } from '../../model/tab.svelte';
import { tabs } from '../../model/tabs.svelte';
import { sending } from '../../model/sending.svelte';
import { ui } from '../../model/ui.svelte';
import { workbench } from '../../model/workbench.svelte';
import { workspace } from '../../model/workspace.svelte';
import { safe } from '../../format/text';
import { bothOf, i18n, type Word } from '../../i18n/i18n.svelte';

/** What an action may need. */
export interface Place {
  tab: Tab;
  log: Log;
  copy: () => void;
  search: () => void;
}

export interface Command {
  word: Word;
  /** The keys that do it, too, as they are written in the help. */
  keys?: string;
  /** It does something now; without it, always. */
  when?(p: Place): boolean;
  run(p: Place): unknown;
  /** Of what it is, where there are several: a session, a saved message. */
  of?: { key: string; name: string };
}

const focus = (selector: string) => () => document.querySelector<HTMLElement>(selector)?.focus();
const press = (name: string) => () => document.querySelector<HTMLElement>(`[data-control=${name}]`)?.click();
const menuOfRows = (comment = false) => {
  const box = document.querySelector('[data-control=log]')?.getBoundingClientRect();
  ui.menu = { x: (box?.left ?? 0) + 120, y: (box?.top ?? 0) + 60, comment };
};
const toComment = (by: 1 | -1) => ({ tab, log }: Place) => goToComment(tab, log, by);
const panel = (name: typeof ui.panel) => () => {
  settings.panel = true;
  ui.panel = name;
  ui.drawer = 'panel';
};
const beside = (by: 1 | -1) => () => tabs.choose(tabs.list[(tabs.list.indexOf(tabs.current) + by + tabs.list.length) % tabs.list.length]!);
const isFiltered = ({ tab }: Place) => tab.filterText !== '' || tab.peer !== 0 || tab.direction !== '' || tab.commented;
const several = () => tabs.list.length > 1;

const all: readonly Command[] = [
  { word: 'doNewSession', run: () => tabs.add() },
  { word: 'doShare', run: press('share') },
  { word: 'doOpen', when: ({ tab }) => !tab.isOpen && !tab.opening, run: ({ tab }) => tabs.open(tab) },
  { word: 'openRecording', run: () => (ui.openRecording = true) },
  { word: 'doShut', when: ({ tab }) => tab.isOpen, run: ({ tab }) => tabs.close(tab) },
  { word: 'doRemove', when: ({ tab }) => several() || tab.session !== undefined, run: ({ tab }) => tabs.remove(tab) },
  { word: 'doNextSession', when: several, run: beside(1) },
  { word: 'doPreviousSession', when: several, run: beside(-1) },
  { word: 'doSearch', keys: 'Ctrl F', run: ({ search }) => search() },
  { word: 'doFilter', run: focus('[data-control=filter-text]') },
  { word: 'doFilterOff', when: isFiltered, run: ({ tab }) => ((tab.filterText = tab.direction = ''), (tab.peer = 0), (tab.commented = false)) },
  { word: 'doClear', run: ({ tab, log }) => (tab.floor = log.clear()) },
  { word: 'doPause', run: ({ log }) => log.pause(!log.paused) },
  { word: 'doNewest', keys: 'End', run: ({ log }) => log.toEnd() },
  { word: 'doOldest', keys: 'Home', run: ({ log }) => log.toStart() },
  { word: 'doCopy', keys: 'Ctrl C', run: ({ copy }) => copy() },
  { word: 'doRows', keys: 'Shift F10', when: ({ log }) => log.current > 0, run: () => menuOfRows() },
  { word: 'doSave', run: press('save-data') },
  { word: 'doRecord', run: press('receive-to-file') },
  { word: 'doText', run: () => (settings.look = 'text') },
  { word: 'doHex', run: () => (settings.look = 'hex') },
  { word: 'doBoth', run: () => (settings.look = 'both') },
  { word: 'doTime', run: () => (settings.showTime = !settings.showTime) },
  { word: 'doWrap', run: () => (settings.wrap = !settings.wrap) },
  { word: 'doInput', run: focus('#send-box') },
  { word: 'doSend', keys: 'Ctrl Enter', when: ({ tab }) => tab.isOpen && tab.input !== '', run: press('send') },
  { word: 'doSendHex', run: () => (settings.sendHex = !settings.sendHex) },
  { word: 'doSendAll', when: ({ tab }) => tab.isOpen && !tab.all, run: ({ tab }) => tab.choose('all') },
  { word: 'doChart', when: ({ tab }) => tab.fields !== '', run: ({ tab }) => (tab.chart = !tab.chart) },
  { word: 'doDashboard', when: ({ tab }) => !!tab.session, run: ({ tab }) => (tab.dashboard = !tab.dashboard) },
  { word: 'doSettings', run: ({ tab }) => (tab.folded = !tab.folded) },
  { word: 'doPanel', run: () => (settings.panel = !settings.panel) },
  { word: 'doPeers', run: panel('peers') },
  { word: 'doMessage', run: panel('message') },
  { word: 'doComments', run: panel('comments') },
  { word: 'doCommented', when: ({ tab }) => tab.commented || tab.comments.length > 0, run: ({ tab }) => (tab.commented = !tab.commented) },
  { word: 'doComment', keys: 'C', when: ({ log }) => log.current > 0, run: () => menuOfRows(true) },
  { word: 'doCommentNext', keys: ']', when: ({ tab }) => tab.comments.length > 0, run: toComment(1) },
  { word: 'doCommentPrevious', keys: '[', when: ({ tab }) => tab.comments.length > 0, run: toComment(-1) },
  { word: 'doFields', run: panel('fields') },
  { word: 'doLists', run: panel('lists') },
  { word: 'doRules', run: panel('rules') },
  { word: 'doWorkspace', run: panel('workspace') },
  { word: 'doCode', when: ({ tab }) => tab.isOpen && tab.status?.mode === 'listen', run: press('code-open') },
  { word: 'doCounters', run: ({ tab }) => tab.resetCounters() },
  { word: 'doTheme', run: () => (settings.theme = appearance.dark ? 'light' : 'dark') },
  { word: 'doLanguage', run: () => i18n.set(i18n.language === 'zh' ? 'en' : 'zh') },
  { word: 'doHelp', keys: 'F1', run: () => (ui.help = true) },
];

/** What a page that may only look can do, too. */
const looks: ReadonlySet<Word> = new Set<Word>(
  ['doNextSession', 'doPreviousSession', 'doSearch', 'doFilter', 'doFilterOff', 'doClear', 'doPause', 'doNewest', 'doOldest', 'doCopy', 'doRows', 'doSave', 'doText', 'doHex', 'doBoth', 'doTime', 'doWrap', 'doChart', 'doSettings', 'doPanel', 'doPeers', 'doMessage', 'doComments', 'doCommented', 'doCommentNext', 'doCommentPrevious', 'doFields', 'doCounters', 'doTheme', 'doLanguage', 'doHelp'],
);

/** Those of this page. */
export const commands = (): readonly Command[] => (workbench.viewer ? all.filter((c) => looks.has(c.word)) : all);

/** Actions on what there is now: a session to go to, a message to put into the send box. */
export function commandsOf({ tab }: Place): Command[] {
  const sessions = tabs.list.filter((other) => other !== tab);
  return [
    ...sessions.map((other): Command => ({ word: 'doGo', of: { key: other.key, name: other.title }, run: () => tabs.choose(other) })),
    ...(workbench.viewer ? [] : workspace.payloads).map(([name, payload]): Command => ({ word: 'doUse', of: { key: name, name: safe(name) }, run: ({ tab }) => ((tab.input = sending.use(payload)), focus('#send-box')()) })),
  ];
}

/** What an action is called in both languages. */
export const namesOf = ({ word, of }: Command): readonly [en: string, zh: string] => {
  const [en, zh] = bothOf(word);
  return of ? [en.replace('{name}', of.name), zh.replace('{name}', of.name)] : [en, zh];
};
