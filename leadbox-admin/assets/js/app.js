// app.js owns nothing itself: it is the page's one script tag and starts the modules the page needs.
// Modules that most pages do not need are fetched only where their attributes occur.

import { $ } from './dom.js';
import { startMenu } from './menu.js';
import { startTheme } from './theme.js';
import { startSearch } from './search.js';
import { startForms } from './forms.js';
import { startDialogs } from './dialogs.js';

startMenu();
startTheme();
startSearch();
startDialogs();
startForms();

const select = () => $('[data-selection]') && import('./selection.js').then((module) => module.startSelection());
select();
// The first rows may come later.
document.addEventListener('lb:swapped', select);
const form = $('form[data-editor]');
if (form) import('./editor.js').then((module) => module.startEditor(form));
if ($('[data-chart]')) import('./charts.js').then((module) => module.startCharts());
if (document.body.dataset.liveUrl) import('./live.js').then((module) => module.startLive());
