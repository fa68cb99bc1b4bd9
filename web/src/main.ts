// Sockeye's page: a view of the sessions that live in the core.

import './style/tokens.css';
import './style/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { words } from './words/words.svelte';

words.tellBrowser();
mount(App, { target: document.getElementById('page')! });
