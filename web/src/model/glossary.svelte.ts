// The explained words, as the core has them in the language of the page.

import type { Glossary, Word } from '../api-types';
import { i18n } from '../i18n/i18n.svelte';
import { call } from '../link/api';

class Words {
  private lists = $state.raw<Partial<Record<string, readonly Word[]>>>({});
  private asked = new Set<string>();

  /** All words; none until they have come. */
  get all(): readonly Word[] {
    return this.lists[i18n.language] ?? [];
  }

  /** Asks for the words, once in each language. */
  async load(language: string): Promise<void> {
    if (this.asked.has(language)) return;
    this.asked.add(language);
    try {
      const { words } = await call<Glossary>('GET', '/explain');
      this.lists = { ...this.lists, [language]: words };
    } catch {
      this.asked.delete(language); // the next look tries again
    }
  }
}

export const glossary = new Words();
