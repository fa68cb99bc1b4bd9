// The faults of a relay, and the messages that it holds, as the core has them.

import type { ErrorLine, Faults, HeldMessage, HeldMessages, Payload } from '../api-types';
import { call, failuresOf } from '../link/api';

/** What goes wrong in one relay. */
export class FaultSet {
  faults = $state.raw<Faults['faults']>([]);
  frame = $state('');
  /** When they end by themselves; empty: they do not. */
  until = $state('');
  held = $state.raw<readonly HeldMessage[]>([]);
  /** All that was wrong with what was last asked for. */
  failures = $state.raw<readonly ErrorLine[]>([]);

  constructor(private readonly session: string) {}

  /** Asks for what is set, how much it hit, and what waits. */
  async refresh(): Promise<void> {
    this.take(await call<Faults>('GET', this.path('faults')));
    await this.refreshHeld();
  }

  async refreshHeld(): Promise<void> {
    this.held = (await call<HeldMessages>('GET', this.path('held'))).held;
  }

  /**
   * Sets these faults in place of all others; false says that they are wrong. They end by
   * themselves, unless those that are set stay, or these shall.
   */
  set(faults: readonly string[], frame = this.frame, stay = this.faults.length > 0 && !this.until): Promise<boolean> {
    return this.attempt(async () => {
      const none = faults.length === 0;
      this.take(none ? await call<Faults>('DELETE', this.path('faults')) : await call<Faults>('PUT', this.path('faults'), { faults, ...(frame ? { frame } : {}), ...(stay ? { for: 'ever' } : {}) }));
    });
  }

  /** Has those that are set stay until somebody takes them away. */
  async keepOn(): Promise<boolean> {
    return (await this.attempt(() => this.refresh())) && this.set(this.faults.map((f) => f.fault), this.frame, true);
  }

  /** Adds a fault, or puts it in the place of another one. */
  put(text: string, at: number, frame: string): Promise<boolean> {
    const texts = this.faults.map((f) => f.fault);
    if (at < 0) texts.push(text);
    else texts[at] = text;
    return this.set(texts, frame);
  }

  remove(at: number): Promise<boolean> {
    return this.set(this.faults.filter((_, n) => n !== at).map((f) => f.fault));
  }

  /** Lets a held message go, as it is or changed, or drops it. */
  decide(number: number, decision: 'release' | 'edit' | 'discard', payload?: Payload): Promise<boolean> {
    return this.attempt(async () => {
      this.held = (await call<HeldMessages>('POST', this.path(`held/${number}`), { decision, ...(payload ? { payload } : {}) })).held;
    });
  }

  private take(f: Faults): void {
    this.faults = f.faults;
    this.frame = f.frame ?? '';
    this.until = f.until ?? '';
  }

  private path(what: string): string {
    return `/sessions/${this.session}/${what}`;
  }

  private async attempt(what: () => Promise<void>): Promise<boolean> {
    this.failures = [];
    try {
      await what();
      return true;
    } catch (e) {
      this.failures = failuresOf(e);
      return false;
    }
  }
}
