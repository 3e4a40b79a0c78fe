// SPDX-License-Identifier: Apache-2.0
/** pdf.js, as it is used here: without everything by which a file could do more than be seen. */
import * as pdfjs from './pdf/pdf.js';

const kBase = new URL('./pdf/', import.meta.url).href;
/** Larger pictures inside a file are left out, and that is said. */
const kImagePixelsMax = 100_000_000;

/**
 * @param bytes of the file; they are gone afterwards
 * @return a document of pdf.js. Throws what pdf.js throws: PasswordException, InvalidPDFException, …
 */
export async function openPdf(bytes) {
  // Our own worker: by itself pdf.js would take a file apart on this page where the worker does not come, and there
  // the file has more within reach.
  const worker = new Worker(`${kBase}worker.js`, { type: 'module' });
  const failed = new Promise((resolve, reject) => {
    worker.onerror = () => reject(new Error('the worker did not start'));
  });
  const task = pdfjs.getDocument({
    data: bytes,
    worker: pdfjs.PDFWorker.fromPort({ port: worker }),
    cMapUrl: `${kBase}cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${kBase}fonts/`,
    useWorkerFetch: false,  // the worker's policy lets it reach nothing
    // Those fonts that every PDF may do without are ours: what a machine has in their place has other widths.
    useSystemFonts: false,
    isEvalSupported: false,
    enableXfa: false,
    maxImageSize: kImagePixelsMax,
    verbosity: pdfjs.VerbosityLevel.ERRORS,
  });
  return Promise.race([task.promise, failed]);
}

/** What was typed into a form's fields, and a seal, is drawn with the page; nothing of it can be pressed. */
export const kDrawn = pdfjs.AnnotationMode.ENABLE;
export const { TextLayer } = pdfjs;
