// SPDX-License-Identifier: Apache-2.0
import { render } from './vendor/preact.js';
import { createDoor, doorUrl } from './door.js';
import { html } from './parts/ui.js';
import { App } from './screens/app.js';

const door = createDoor(doorUrl(location));
const root = document.getElementById('app');
root.replaceChildren();
render(html`<${App} door=${door} />`, root);
door.connect();
