// The rules of one tab, which answer by themselves. They live in the core while there
// is a session; before, they wait here to be opened with it. Every change is made at
// once, and what is wrong with it is told with its rule and field.

import type { ErrorLine, PeerRuleState, Rule, RuleCount, Rules, RuleSet, Tried } from '../api-types';
import { call, failuresOf } from '../link/api';

/** A rule in a list that can be put in another order. */
export interface Item {
  key: number;
  rule: Rule;
}

export type Around = Omit<RuleSet, 'rules'>;

let numbered = 0;

// aroundOf is what of a set is not its rules, always in one order.
const aroundOf = ({ frame, check, start, allow, payloads, variables }: Around): Around => ({
  ...(frame ? { frame } : {}),
  ...(check ? { check } : {}),
  ...(start ? { start } : {}),
  ...(allow && allow.length > 0 ? { allow } : {}),
  ...(payloads ? { payloads } : {}),
  ...(variables ? { variables } : {}),
});

export class RuleBook {
  items = $state.raw<Item[]>([]);
  /** Framing, start and guards: the set without its rules. */
  around = $state.raw<Around>({});
  off = $state(false);
  counts = $state.raw<RuleCount[]>([]);
  states = $state.raw<PeerRuleState[]>([]);
  more = $state(0);
  /** What was wrong with the last change. */
  faults = $state.raw<ErrorLine[]>([]);

  /** A rule that was begun elsewhere, for the form. */
  begun = $state.raw<Rule>();

  private of = ''; // the session that it was read from

  get set(): RuleSet {
    return { rules: this.items.map((i) => i.rule), ...this.around };
  }

  /** What opens a session with these rules. */
  get opening(): { rules?: RuleSet } {
    return this.items.length > 0 && !this.off ? { rules: this.set } : {};
  }

  /** The states that rules know, the start first. */
  get known(): string[] {
    return [...new Set([this.around.start ?? '', ...this.items.flatMap(({ rule }) => [...(rule.in ?? []), ...(rule.goto ? [rule.goto] : [])])])];
  }

  /** Reads what the core has of a session; keep leaves the rules as they are here. */
  async read(session: string, keep = false): Promise<void> {
    this.of = session;
    try {
      const now = await call<Rules>('GET', `/sessions/${session}/rules`);
      if (this.of !== session) return;
      this.take(now, keep);
    } catch {
      // the session has gone; the next look will say so
    }
  }

  private take(now: Rules, keep: boolean): void {
    const { off, rules, counts, states, more } = now;
    this.counts = counts;
    this.states = states;
    this.more = more;
    if (keep) return;
    this.off = off ?? false;
    const around = aroundOf(now);
    if (JSON.stringify(this.set) === JSON.stringify({ rules, ...around })) return;
    this.around = around;
    this.items = rules.map((rule) => ({ key: ++numbered, rule }));
  }

  /** Makes a change, in the core if there is a session. It says whether it was sound. */
  async change(session: string | undefined, change: { items?: Item[]; around?: Around; off?: boolean }): Promise<boolean> {
    const items = change.items ?? this.items;
    const around = aroundOf(change.around ?? this.around);
    const off = change.off ?? this.off;
    const set = { rules: items.map((i) => i.rule), ...around };
    this.faults = [];
    try {
      if (session) {
        this.of = session;
        const now = items.length > 0 ? await call<Rules>('PUT', `/sessions/${session}/rules`, { off, ...set }) : await call<Rules>('DELETE', `/sessions/${session}/rules`);
        this.take(now, true);
      } else {
        await call<Tried>('POST', '/rules/try', { ...set, data: '' }); // says what is wrong
      }
    } catch (e) {
      this.faults = failuresOf(e);
      return false;
    }
    this.items = items;
    this.around = around;
    this.off = off;
    return true;
  }

  newItem(rule: Rule): Item {
    return { key: ++numbered, rule };
  }

  /** Puts a rule to another place. */
  async move(session: string | undefined, from: number, to: number): Promise<boolean> {
    if (to < 0 || to >= this.items.length || from === to) return false;
    const items = [...this.items];
    items.splice(to, 0, ...items.splice(from, 1));
    return this.change(session, { items });
  }
}
