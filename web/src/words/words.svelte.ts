// The page's words in the language of the person, switchable while it runs.

import { table, type Word } from './table';

export type Language = 'en' | 'zh';
export type { Word };

class Words {
  language = $state<Language>(first());

  /** The words of an idea. "{name}" in them is replaced by what is given. */
  t = (word: Word, values?: Record<string, string | number>): string => {
    const text: string = table[word][this.language === 'zh' ? 1 : 0];
    return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all)) : text;
  };

  set(language: Language): void {
    this.language = language;
    localStorage.setItem('sockeye-language', language);
    this.tellBrowser();
  }

  tellBrowser(): void {
    document.documentElement.lang = this.language === 'zh' ? 'zh-Hans' : 'en';
  }
}

function first(): Language {
  const chosen = localStorage.getItem('sockeye-language');
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const words = new Words();
export const t = words.t;
