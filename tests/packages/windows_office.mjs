// SPDX-License-Identifier: Apache-2.0
/**
 * The page of an office's desk that runs under Wine, in this machine's browser: the first person, the first view, and
 * what a Windows office can not do, in both languages; pictures of each in build/screens. tests/packages/windows.py has
 * it run.
 *
 *     node tests/packages/windows_office.mjs URL
 */
import { faultsInEnglish, faultsOf, launch, openWindow } from '../pages/lib.mjs';

const kPass = '经办口令口令一号';
const browser = await launch();
try {
  const page = await openWindow(browser, { width: 1280, height: 900 });
  const state = async (name) => {
    const faults = [...await faultsOf(page, `windows-office-${name}`),
      ...await faultsInEnglish(page, `windows-office-${name}`, { program: true })];
    if (faults.length > 0) throw new Error(faults.join('\n'));
  };
  const began = Date.now();
  await page.goto(process.argv[2]);
  await page.getByRole('heading', { name: '设立办公室工作台账' }).waitFor();
  console.log(`page ${Date.now() - began} ms`);
  await state('first');
  await page.getByLabel('姓名').fill('周晓棠');
  await page.getByLabel('口令（至少 8 个字符，不能全是同一个字符）').fill(kPass);
  await page.getByLabel('再输入一次').fill(kPass);
  await page.getByRole('button', { name: '登记', exact: true }).click();
  await page.getByRole('navigation').waitFor();
  await page.getByText('申报人名册').first().waitFor();
  await state('import');
  await page.getByRole('navigation').getByRole('button', { name: '新会议' }).click();
  await page.locator('main').getByText('会议不能在这里建立').waitFor();
  await page.locator('main').getByText('评审 办公室').waitFor();
  await state('new-not-here');
} finally {
  await browser.close();
}
