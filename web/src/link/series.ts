// Values over time, as a chart draws them.

import type { SeriesPage } from '../api-types';
import { call, query } from './api';
import type { Filter } from './events';

/** Which values: fields is one spec a line; without since and until all of the time. */
export interface SeriesQuery extends Pick<Filter, 'session' | 'peer' | 'direction' | 'frame' | 'check'> {
  fields: string;
  columns: number;
  since?: string | undefined;
  until?: string | undefined;
}

/** One answer; while it is not done, the core has not read all events yet. */
export const series = (q: SeriesQuery, signal?: AbortSignal): Promise<SeriesPage> => call<SeriesPage>('GET', '/series' + query({ ...q }), undefined, signal);
