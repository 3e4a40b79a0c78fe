// SPDX-License-Identifier: Apache-2.0
/** @return an element with these properties; what has a dash in its name, and `role`, is an attribute */
export function element(name, properties, ...children) {
  const out = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes('-') || key === 'role') out.setAttribute(key, value);
    else out[key] = value;
  }
  out.append(...children);
  return out;
}
