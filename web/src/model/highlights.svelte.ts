// Highlight rules: rows with a text have a colour, and are heard or told of as they come.
// Of a text that comes very often the latest rows have it.

import { t } from '../i18n/i18n.svelte';
import { Matches } from './matches.svelte';
import { settings, type Highlight } from './settings.svelte';

const back = 20_000; // events before the newest that are looked at

class Highlights {
  private session = '';
  private of = $state.raw<ReadonlyMap<string, Matches>>(new Map());
  private readonly told = new Map<string, number>(); // up to which event, by text

  /** Looks on in a session whose events go from begin to end. */
  async follow(session: string, begin: number, end: number): Promise<void> {
    if (session !== this.session) {
      for (const m of this.of.values()) m.end();
      this.of = new Map();
      this.told.clear();
      this.session = session;
    }
    const texts = settings.highlights.map((h) => h.text);
    const sound = (text: string) => (this.of.get(text)?.failure ? undefined : this.of.get(text)); // what failed is begun anew
    if (texts.length !== this.of.size || texts.some((text) => !sound(text))) this.of = new Map(texts.map((text) => [text, sound(text) ?? new Matches('latest', { session, text })]));
    for (const h of settings.highlights) {
      if (session !== this.session) return; // another one is looked at by now
      await this.look(h, Math.max(begin, end - back), end);
    }
  }

  private async look(h: Highlight, from: number, end: number): Promise<void> {
    const matches = this.of.get(h.text);
    if (!matches) return;
    await matches.lookOn(from);
    const last = matches.found.at(-1) ?? 0;
    const told = this.told.get(h.text);
    this.told.set(h.text, Math.max(told ?? end - 1, last)); // what was there before is no news
    if (told !== undefined && last > told) alertOf(h);
  }

  /** The colour of an event as a number from 1; 0 is none. */
  colourOf(seq: number): number {
    for (const h of settings.highlights) if ((this.of.get(h.text)?.numberOf(seq) ?? 0) > 0) return h.colour + 1;
    return 0;
  }
}

export const highlights = new Highlights();

function alertOf(h: Highlight): void {
  if (h.alert === 'sound') beep();
  if (h.alert === 'notification' && 'Notification' in globalThis && Notification.permission === 'granted') new Notification(t('highlightSeen', { text: h.text }), { tag: h.text });
}

// beep is a short tone. A browser that nobody has touched yet plays none.
function beep(): void {
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.value = 880;
  volume.gain.setValueAtTime(0.15, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.25);
  tone.connect(volume).connect(audio.destination);
  tone.onended = () => void audio.close();
  tone.start();
  tone.stop(audio.currentTime + 0.25);
}
