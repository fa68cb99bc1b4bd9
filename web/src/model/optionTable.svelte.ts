// The table of options, which comes when the page stands: a form of plain TCP does without.

import type { OptionField } from '../options';

class OptionTable {
  /** All options, or none while they are still loading. */
  fields = $state.raw<readonly OptionField[]>([]);
  private loading: Promise<readonly OptionField[]> | undefined;

  /** Loads the table, once. */
  load(): Promise<readonly OptionField[]> {
    return (this.loading ??= import('../options').then((m) => (this.fields = m.options)));
  }
}

export const optionTable = new OptionTable();
