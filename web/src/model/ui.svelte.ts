// What of the page is in sight, and what it says in passing.

import type { Question } from '../link/doctor';

class UI {
  /** Which drawer is out, where the screen is too narrow for all. */
  drawer = $state<'' | 'settings' | 'panel'>('');
  /** What the panel shows. */
  panel = $state<'boards' | 'comments' | 'peers' | 'message' | 'faults' | 'fields' | 'lists' | 'rules' | 'workspace'>('peers');
  help = $state(false);
  palette = $state(false);
  /** What the doctor is asked, while it is open. */
  doctor = $state.raw<Question>();
  /** Of which peer it is shown what TCP does. */
  tcp = $state.raw<{ session: string; peer: number }>();
  /** The dialog that opens a recording is there. */
  openRecording = $state(false);
  /** Where the menu of the chosen rows is open, in pixels of the window; with comment, to write one. */
  menu = $state.raw<{ x: number; y: number; comment?: boolean }>();

  /** A short sentence for the status bar, and for a screen reader. */
  get note(): string {
    return this.said?.() ?? '';
  }

  /** Says something for a while, in the language of whatever moment it is read in. */
  say(note: () => string): void {
    this.said = note;
    clearTimeout(this.fading);
    this.fading = setTimeout(() => (this.said = undefined), 8000);
  }

  private said = $state.raw<() => string>();
  private fading = 0;
}

export const ui = new UI();
