// A dashboard of the workspace that is looked at, and how it is being arranged. Changes stay
// here until they are kept.

import type { Widget } from '../api-types';
import { placed, put, type Placed } from '../format/grid';
import { workspace } from './workspace.svelte';

export class Dashboard {
  /** Its name; '' is the first one of the workspace. */
  private chosen = $state('');
  /** It as it is being arranged; undefined while it is only looked at. */
  draft = $state.raw<readonly Placed[]>();
  /** The instrument whose form is open, or -1. */
  edited = $state(-1);

  names = $derived(Object.keys(workspace.now?.file.dashboards ?? {}).sort());
  name = $derived(this.chosen || this.names[0] || 'main');
  widgets = $derived<readonly Placed[]>(this.draft ?? placed(workspace.now?.file.dashboards?.[this.name] ?? []));

  choose(name: string): void {
    this.drop();
    this.chosen = name.trim();
  }

  arrange(): void {
    this.draft = this.widgets;
  }

  drop(): void {
    this.draft = undefined;
    this.edited = -1;
  }

  add(w: Widget): void {
    this.draft = placed([...this.widgets, w]);
    this.edited = this.draft.length - 1;
  }

  change(n: number, w: Widget): void {
    this.draft = this.widgets.map((o, i) => (i === n ? { ...o, ...w } : o));
  }

  put(n: number, to: Parameters<typeof put>[2]): void {
    this.draft = put(this.widgets, n, to);
  }

  remove(n: number): void {
    this.draft = this.widgets.filter((_, i) => i !== n);
    this.edited = -1;
  }

  /** Keeps it in the workspace file; without instruments it is taken out. It says whether that could be done. */
  async keep(): Promise<boolean> {
    const { name, widgets } = this;
    const ok = await workspace.change((f) => {
      const dashboards = { ...f.dashboards };
      if (widgets.length > 0) dashboards[name] = widgets.map((w) => ({ ...w }));
      else delete dashboards[name];
      return { ...f, dashboards };
    });
    if (ok) this.drop();
    return ok;
  }
}
