// SPDX-License-Identifier: Apache-2.0
/**
 * The QR code of a slip, by a picture or by this laptop's camera. What the camera sees stays in this page: frames are
 * looked at and dropped, and it is turned off as soon as a code was read or somebody has had enough.
 */
import { useEffect, useRef, useState } from '../vendor/preact-hooks.js';
import { html } from './ui.js';

const kSide = 1600;
const kLookMs = 250;

/** A quarter of a megabyte that hardly anybody needs, so it comes when it is asked for. */
function loadReader() {
  if (window.jsQR) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = 'vendor/jsqr.js';
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

/** @param source a picture or a video of so many pixels; '' where no code is seen */
function readFrom(source, width, height) {
  const scale = Math.min(1, kSide / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext('2d');
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  return window.jsQR(data, canvas.width, canvas.height)?.data || '';
}

export async function readPicture(file) {
  await loadReader();
  const picture = await createImageBitmap(file);
  return readFrom(picture, picture.width, picture.height);
}

/** Whether there is one; asked without turning it on. */
function useCamera() {
  const [there, setThere] = useState(false);
  useEffect(() => {
    navigator.mediaDevices?.enumerateDevices().then((list) => setThere(list.some((one) => one.kind === 'videoinput')),
      () => {});
  }, []);
  return there;
}

function Finder({ app, onCode, onFailed, onClose }) {
  const { t } = app;
  const video = useRef(null);
  useEffect(() => {
    let stream = null;
    let timer = 0;
    let over = false;
    const look = () => {
      const { videoWidth: width, videoHeight: height } = video.current;
      const code = width > 0 ? readFrom(video.current, width, height) : '';
      if (code) onCode(code);
    };
    const begin = async () => {
      await loadReader();
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      if (over) return stream.getTracks().forEach((track) => track.stop());
      video.current.srcObject = stream;
      await video.current.play();
      timer = setInterval(look, kLookMs);
      return undefined;
    };
    begin().catch((why) => !over && onFailed(why.name === 'NotAllowedError' ? 'camera.refused' : 'camera.failed'));
    return () => {
      over = true;
      clearInterval(timer);
      stream?.getTracks().forEach((track) => track.stop());
    };
  }, []);
  return html`<div class="finder"><p>${t('camera.lead')}</p>
    <video ref=${video} class="finder-view" muted playsinline aria-label=${t('camera.view')}></video>
    <div class="row"><button type="button" class="button" onClick=${onClose}>${t('camera.stop')}</button></div></div>`;
}

/** Nothing at all where there is no camera. */
export function Camera({ app, onCode }) {
  const { t } = app;
  const there = useCamera();
  const [on, setOn] = useState(false);
  const [failed, setFailed] = useState('');
  if (!there) return null;
  const end = (why) => {
    setOn(false);
    setFailed(why);
  };
  return html`<div class="camera">${on
    ? html`<${Finder} app=${app} onCode=${(code) => (end(''), onCode(code))} onFailed=${end}
      onClose=${() => end('')} />`
    : html`<button type="button" class="button" onClick=${() => (setFailed(''), setOn(true))}>${t('camera.start')}
      </button>`}
    ${failed && html`<p class="note bad" role="alert">${t(failed)}</p>`}</div>`;
}
