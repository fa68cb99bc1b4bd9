// What a person keeps from one day to the next: the workspace file, as the core reads
// and writes it. Nothing here opens anything but open(), which a person asked for.

import type { ErrorLine, Faults, Open, OpenWorkspace, Rules, RuleSet, SavedEndpoint, SavedPayload, Sessions, Workspace, WorkspaceFile, WorkspacePlan } from '../api-types';
import { call, Failure, failuresOf } from '../link/api';
import { saveText } from '../link/save';
import { request, withOptions } from './form';
import { savedOptions } from './optionForm';
import { optionTable } from './optionTable.svelte';
import type { Tab } from './tab.svelte';
import { tabs } from './tabs.svelte';
import { workbench } from './workbench.svelte';

/** A file that was looked at and is not kept. */
export interface Imported {
  name: string;
  text: string;
  plan?: WorkspacePlan;
  faults: ErrorLine[];
}

const groups = ['variables', 'aliases', 'payloads', 'rules', 'registers', 'fields', 'dashboards', 'lists'] as const;

class WorkspaceModel {
  now = $state.raw<Workspace>();
  busy = $state(false);
  /** What the last change or opening failed for. */
  faults = $state.raw<ErrorLine[]>([]);
  imported = $state.raw<Imported>();
  /** The text that is being edited. */
  draft = $state<string>();

  payloads = $derived<[string, SavedPayload][]>(Object.entries(this.now?.file.payloads ?? {}));
  aliases = $derived<[string, string][]>(Object.entries(this.now?.file.aliases ?? {}));
  /** Names of peers that are there, by address, which the file does not have. */
  given = $derived.by(() => {
    const all: Record<string, string> = {};
    for (const peers of workbench.peers.values()) {
      for (const p of peers.values()) {
        const ip = p.remote.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '');
        if (p.alias && this.now?.file.aliases?.[ip] !== p.alias) all[ip] = p.alias;
      }
    }
    return all;
  });
  variables = $derived<[string, string][]>(Object.entries(this.now?.file.variables ?? {}));

  async load(): Promise<void> {
    await workbench.attempt(async () => (this.now = await call<Workspace>('GET', '/workspace')));
  }

  /** Changes what the file says. If somebody else changed it meanwhile, that stays, too. */
  async change(how: (file: WorkspaceFile) => WorkspaceFile): Promise<boolean> {
    return this.attempt(async () => {
      for (let again = true; ; again = false) {
        const before = await call<Workspace>('GET', '/workspace');
        try {
          this.now = await call<Workspace>('PUT', '/workspace', { stamp: before.stamp, file: how(before.file) });
          return;
        } catch (e) {
          if (!again || !isConflict(e)) throw e;
        }
      }
    });
  }

  /** Keeps a text in the place of what has the stamp. */
  async keepText(text: string, stamp: string): Promise<boolean> {
    return this.attempt(async () => (this.now = await call<Workspace>('PUT', '/workspace', { stamp, text })));
  }

  /** Opens an endpoint as it was shown, or all of them. */
  async open(endpoint?: string): Promise<boolean> {
    return this.attempt(async () => {
      const body: OpenWorkspace = { stamp: this.now?.stamp ?? '', ...(endpoint === undefined ? { all: true } : { endpoint }) };
      const { sessions } = await call<Sessions>('POST', '/workspace/open', body);
      workbench.adopt(sessions);
      const first = sessions[0];
      if (first) tabs.show(first.id);
    });
  }

  /** The open session of an endpoint, or ''. */
  sessionOf(name: string): string {
    return [...workbench.sessions.values()].findLast((s) => s.name === name && s.state !== 'closed')?.id ?? '';
  }

  /** Saves the network settings of a tab as an endpoint, with its rules, or how it is shown in frames. */
  async keepTab(name: string, tab: Tab): Promise<boolean> {
    const set: RuleSet | undefined = tab.isOpen ? await call<Rules>('GET', `/sessions/${tab.session}/rules`).catch(() => undefined) : tab.rules.set;
    const ruled = set && set.rules.length > 0 ? set : undefined;
    await optionTable.load();
    const asked = request(tab.form);
    const { mode, address, options, echo } = asked;
    const { frame, check } = tab.framing;
    const endpoint: SavedEndpoint = {
      name,
      ...(mode === 'listen' ? { listen: address } : { connect: address }),
      ...savedOptions(options),
      ...(await relayOf(asked, tab.isOpen ? tab.session : undefined)),
      ...(ruled ? { rules: name, ...aroundOf(ruled) } : { ...(echo ? { echo } : {}), ...(frame ? { frame } : {}), ...(frame && check ? { check } : {}) }),
    };
    return this.change((f) => ({
      ...(ruled ? withRules(f, name, ruled) : f),
      endpoint: [...(f.endpoint ?? []).filter((e) => e.name !== name), endpoint],
    }));
  }

  /** Takes an endpoint out of the file. What it names stays. */
  async removeEndpoint(name: string): Promise<boolean> {
    return this.change((f) => ({ ...f, endpoint: (f.endpoint ?? []).filter((e) => e.name !== name) }));
  }

  /** Saves rules under a name. How frames are found is said by the endpoint that uses them. */
  async keepRules(name: string, set: RuleSet): Promise<boolean> {
    return this.change((f) => withRules(f, name, set));
  }

  /** The rules that are saved under a name, as the first endpoint that uses them does. */
  rules(name: string): RuleSet {
    const file = this.now?.file;
    return { rules: file?.rules?.[name] ?? [], ...aroundOf(file?.endpoint?.find((e) => e.rules === name) ?? {}) };
  }

  /** What a text says; nothing is kept or opened. */
  async check(text: string, signal?: AbortSignal): Promise<{ plan?: WorkspacePlan; faults: ErrorLine[] }> {
    try {
      return { plan: await call<WorkspacePlan>('POST', '/workspace/plan', { text }, signal), faults: [] };
    } catch (e) {
      if (signal?.aborted) throw e;
      return { faults: failuresOf(e) };
    }
  }

  /** Keeps the file that was looked at: as it is where nothing was kept before, else what it says is added. */
  async keepImported(): Promise<boolean> {
    const i = this.imported;
    const said = i?.plan?.file;
    if (!i || !said || !this.now) return false;
    const ok = this.now.stamp === '' ? await this.keepText(i.text, '') : await this.change((f) => added(f, said));
    if (ok) this.imported = undefined;
    return ok;
  }

  /** The names that keeping the imported file would give another meaning. */
  replaced(said: WorkspaceFile): string[] {
    const mine = this.now?.file;
    if (!mine || this.now?.stamp === '') return [];
    const differ = (a: unknown, b: unknown) => a !== undefined && JSON.stringify(a) !== JSON.stringify(b);
    const named = groups.flatMap((g) => Object.entries(said[g] ?? {}).filter(([name, value]) => differ(mine[g]?.[name], value)).map(([name]) => `${g}.${name}`));
    const endpoints = (said.endpoint ?? []).filter((e) => differ(mine.endpoint?.find((m) => m.name === e.name), e)).map((e) => e.name);
    return [...endpoints, ...named];
  }

  export(): string {
    const name = (this.now?.path.split(/[/\\]/).pop() || 'workspace.toml').replace(/[^\w.-]/g, '_');
    saveText(name, this.now?.text || 'sockeye = 2\n');
    return name;
  }

  private async attempt(what: () => Promise<unknown>): Promise<boolean> {
    this.busy = true;
    this.faults = [];
    try {
      await what();
      return true;
    } catch (e) {
      this.faults = failuresOf(e);
      if (isConflict(e)) await this.load();
      return false;
    } finally {
      this.busy = false;
    }
  }
}

const aroundOf = ({ frame, check, start, allow }: Pick<RuleSet, 'frame' | 'check' | 'start' | 'allow'>) => ({
  ...(frame ? { frame } : {}),
  ...(check ? { check } : {}),
  ...(start ? { start } : {}),
  ...(allow && allow.length > 0 ? { allow } : {}),
});

const withRules = (f: WorkspaceFile, name: string, set: RuleSet): WorkspaceFile => ({
  ...f,
  rules: { ...f.rules, [name]: set.rules },
  ...(set.payloads ? { payloads: { ...f.payloads, ...set.payloads } } : {}),
  ...(set.variables ? { variables: { ...f.variables, ...set.variables } } : {}),
});

/** Two files as one: what said has goes before what is there under the same name. */
function added(there: WorkspaceFile, said: WorkspaceFile): WorkspaceFile {
  const out = { ...there };
  if (!out.about && said.about) out.about = said.about;
  for (const g of groups) {
    if (said[g]) Object.assign(out, { [g]: { ...there[g], ...said[g] } });
  }
  const endpoints = [...(there.endpoint ?? [])];
  for (const e of said.endpoint ?? []) {
    const at = endpoints.findIndex((m) => m.name === e.name);
    if (at >= 0) endpoints[at] = e;
    else endpoints.push(e);
  }
  if (endpoints.length > 0) out.endpoint = endpoints;
  return out;
}

export const isConflict = (e: unknown): boolean => e instanceof Failure && e.status === 409 && e.body.kind === 'conflict';

/** The line that a fault is in, from 1, or 0. */
export const lineOf = (f: ErrorLine): number => Number(/^line (\d+)/.exec(f.target ?? '')?.[1] ?? 0);

export const workspace = new WorkspaceModel();

/** A relay as a workspace has it, with the faults that are set in the open session. */
async function relayOf({ upstream, share, routes }: Open, session: string | undefined): Promise<Partial<SavedEndpoint>> {
  if (!upstream) return {};
  const set = session && !share ? await call<Faults>('GET', `/sessions/${session}/faults`).catch(() => undefined) : undefined;
  return {
    upstream: withOptions(upstream.address, savedOptions(upstream.options)),
    ...(share ? { share } : {}),
    ...(routes ? { routes } : {}),
    ...(set && set.faults.length > 0 ? { faults: set.faults.map((f) => f.fault), ...(set.frame ? { fault_frame: set.frame } : {}) } : {}),
  };
}
