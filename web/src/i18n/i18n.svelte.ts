// The page's words in the language of the person, switchable while it runs.

import type { ErrorLine } from '../api-types';
import { table, type Word } from './table';

export type Language = 'en' | 'zh';
export type { Word };
type Values = Record<string, string | number>;

class I18n {
  language = $state<Language>(first());

  /** The words of an idea. "{name}" in them is replaced by what is given. */
  t = (word: Word, values?: Values): string => inLanguage(this.language, word, values);

  /** The words for what has none by itself, if there are any. */
  wordOf = (name: string): string | undefined => table[name]?.[this.language === 'zh' ? 1 : 0];

  /** The words of an idea in both languages. */
  bothOf = (word: Word): readonly [en: string, zh: string] => table[word] ?? ['', ''];

  /** How requests ask for texts: in the person's language, and in the other beside it. */
  get accepted(): string {
    return `${this.language}, ${other(this.language)}`;
  }

  /** A failure of the page's own, in both languages. */
  failure(kind: string, message: Word, hint?: Word, values?: Values): ErrorLine {
    const said = (l: Language) => ({ message: inLanguage(l, message, values), ...(hint ? { hint: inLanguage(l, hint, values) } : {}) });
    const second = other(this.language);
    return { kind, ...said(this.language), translation: { language: second, ...said(second) } };
  }

  /** A failure in the language of now, whichever it was told in. */
  spoken = (f: ErrorLine): ErrorLine => {
    const { translation: t } = f;
    return t?.language === this.language ? { ...f, message: t.message, hint: t.hint ?? '' } : f;
  };

  set(language: Language): void {
    this.language = language;
    localStorage.setItem('sockeye-language', language);
    this.setDocumentLanguage();
  }

  setDocumentLanguage(): void {
    document.documentElement.lang = this.language === 'zh' ? 'zh-Hans' : 'en';
  }
}

const other = (l: Language): Language => (l === 'zh' ? 'en' : 'zh');

function inLanguage(l: Language, word: Word, values?: Values): string {
  const text = table[word]?.[l === 'zh' ? 1 : 0] ?? '';
  return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all)) : text;
}

function first(): Language {
  const chosen = localStorage.getItem('sockeye-language');
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const i18n = new I18n();
export const t = i18n.t;
export const bothOf = i18n.bothOf;
export const wordOf = i18n.wordOf;
export const spoken = i18n.spoken;
