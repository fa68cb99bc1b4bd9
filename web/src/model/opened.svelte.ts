// Recordings and captures that are opened to be looked at: the core reads them, and their
// sessions are tabs like others, which are over.

import type { ErrorLine, OpenedRecording, RecordFile, RecordFiles } from '../api-types';
import { call, failureOf, query } from '../link/api';
import { upload } from '../link/upload';
import { tabs } from './tabs.svelte';
import { ui } from './ui.svelte';
import { workbench } from './workbench.svelte';

class Opened {
  files = $state.raw<readonly RecordFile[]>();
  /** What the core is given or reads. */
  busy = $state.raw<{ name: string; size: number; done: number; cancel: () => void }>();
  fault = $state.raw<ErrorLine>();

  async list(): Promise<void> {
    try {
      this.files = (await call<RecordFiles>('GET', '/recordings')).files;
    } catch (e) {
      this.fault = failureOf(e);
    }
  }

  /** Opens one of the directory of recordings. */
  named(file: RecordFile): Promise<OpenedRecording | undefined> {
    return this.open(file.name, file.bytes, (_, signal) => call<OpenedRecording>('POST', '/recordings', { name: file.name }, signal));
  }

  /** Opens a file of the person. */
  file(file: File): Promise<OpenedRecording | undefined> {
    return this.open(file.name, file.size, (told, signal) => upload<OpenedRecording>(`/recordings/upload${query({ name: file.name })}`, file, told, signal));
  }

  private async open(name: string, size: number, how: (told: (done: number) => void, signal: AbortSignal) => Promise<OpenedRecording>): Promise<OpenedRecording | undefined> {
    if (this.busy) return undefined;
    const stop = new AbortController();
    const told = (done: number) => (this.busy = { name, size, done: Math.min(done, size), cancel: () => stop.abort() });
    told(0);
    this.fault = undefined;
    try {
      const got = await how(told, stop.signal);
      workbench.adopt(got.sessions);
      const first = [...got.sessions].sort((a, b) => b.received_messages + b.sent_messages - a.received_messages - a.sent_messages)[0];
      if (first) tabs.show(first.id);
      ui.openRecording = false;
      return got;
    } catch (e) {
      if (!stop.signal.aborted) this.fault = failureOf(e);
      ui.openRecording ||= !stop.signal.aborted;
      return undefined;
    } finally {
      this.busy = undefined;
    }
  }
}

export const opened = new Opened();
