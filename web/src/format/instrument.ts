// The instruments of a dashboard.

import type { Widget } from '../api-types';
import { t, type Word } from '../i18n/i18n.svelte';
import { safe } from './text';

const words: Record<Widget['kind'], Word> = { gauge: 'dash_gauge', led: 'dash_led', value: 'dash_value', slider: 'dash_slider', button: 'dash_button' };

/** What kind it is, in words. */
export const kindOf = (kind: Widget['kind']): string => t(words[kind]);

/** How people know it: its title, its field, or what it is. */
export const instrumentName = (w: Widget): string => safe(w.title || w.field || kindOf(w.kind));
