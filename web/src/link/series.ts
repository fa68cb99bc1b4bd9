// Values over time, as a chart draws them, and other shapes of them.

import type { HistogramPage, SeriesPage, Triggers, XYPage } from '../api-types';
import { call, query } from './api';
import type { Filter } from './events';

/** Which values: fields is one spec a line; without since and until all of the time. */
export interface ValueQuery extends Pick<Filter, 'session' | 'peer' | 'direction' | 'frame' | 'check'> {
  fields: string;
  since?: string | undefined;
  until?: string | undefined;
}

export interface SeriesQuery extends ValueQuery {
  columns: number;
}

/** Where a trigger on a value fires. */
export interface TriggerQuery extends ValueQuery {
  value: string;
  trigger: string;
  level: number;
  hold_off_ms: number;
}

/** One answer; while it is not done, the core has not read all events yet. */
export const series = (q: SeriesQuery, signal?: AbortSignal): Promise<SeriesPage> => call<SeriesPage>('GET', '/series' + query({ ...q }), undefined, signal);
export const histogram = (q: ValueQuery, signal?: AbortSignal): Promise<HistogramPage> => call<HistogramPage>('GET', '/series/histogram' + query({ ...q }), undefined, signal);
export const xy = (q: ValueQuery & { x: string; y: string }, signal?: AbortSignal): Promise<XYPage> => call<XYPage>('GET', '/series/xy' + query({ ...q }), undefined, signal);
export const triggers = (q: TriggerQuery, signal?: AbortSignal): Promise<Triggers> => call<Triggers>('GET', '/series/triggers' + query({ ...q }), undefined, signal);
