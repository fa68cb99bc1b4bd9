// Sockeye's page: a view of the sessions that live in the core.

import './style/tokens.css';
import './style/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { i18n } from './i18n/i18n.svelte';
import { loadTheRest } from './views/later';

i18n.setDocumentLanguage();
mount(App, { target: document.getElementById('page')! });
loadTheRest();
