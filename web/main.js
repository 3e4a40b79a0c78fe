// SPDX-License-Identifier: Apache-2.0
import { render } from './vendor/preact.js';
import { Door, doorUrl } from './door.js';
import { html } from './parts/ui.js';
import { App } from './screens/app.js';

const door = new Door(doorUrl(location));
const root = document.getElementById('app');
root.replaceChildren();
render(html`<${App} door=${door} />`, root);
door.connect();
