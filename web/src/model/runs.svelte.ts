// The runs of a session: lists and files that are being sent, and those that ended last.
// They live in the core; this is what the page knows of them.

import type { Run, Runs, StartRun } from '../api-types';
import { call, query } from '../link/api';
import { upload } from '../link/upload';
import { workbench } from './workbench.svelte';

class RunsModel {
  all = $state.raw<Run[]>([]);
  private session = '';

  /** What the send box sends again and again has no name; lists have theirs. */
  ofBox = $derived(this.all.filter((r) => r.running && r.name === '' && r.rows === 1));
  ofLists = $derived(this.all.filter((r) => r.running && !r.file && !(r.name === '' && r.rows === 1)));
  /** Files that are being sent, by this page or another view. */
  ofFiles = $derived(this.all.filter((r) => r.running && r.file));
  running = $derived(this.all.some((r) => r.running));

  /** The latest run of a list. */
  of(list: string): Run | undefined {
    return this.all.findLast((r) => r.name === list && !r.file);
  }

  /** Asks how the runs of a session are. */
  async refresh(session: string | undefined): Promise<void> {
    this.session = session ?? '';
    if (!session) {
      this.all = [];
      return;
    }
    try {
      const { runs } = await call<Runs>('GET', `/sessions/${session}/runs`);
      if (this.session === session) this.all = runs;
    } catch {
      if (this.session === session) this.all = [];
    }
  }

  /** Begins to send. Throws what the core has against it. */
  async start(session: string, what: StartRun): Promise<Run> {
    const run = await call<Run>('POST', `/sessions/${session}/runs`, what);
    await this.refresh(session);
    return run;
  }

  /** Gives the core a file to send. Throws what the core has against it. */
  async sendFile(session: string, file: File, options: Record<string, string | number | boolean>, told: (sent: number) => void, signal: AbortSignal): Promise<Run> {
    const run = await upload<Run>(`/sessions/${session}/files${query({ name: file.name, ...options })}`, file, told, signal);
    await this.refresh(session);
    return run;
  }

  async pause(run: Run, paused: boolean): Promise<void> {
    await workbench.attempt(() => call('PATCH', `/sessions/${run.session}/runs/${run.id}`, { paused }));
    await this.refresh(run.session);
  }

  async stop(runs: Run[]): Promise<void> {
    for (const r of runs) await workbench.attempt(() => call('DELETE', `/sessions/${r.session}/runs/${r.id}`));
    if (runs[0]) await this.refresh(runs[0].session);
  }
}

export const runs = new RunsModel();
