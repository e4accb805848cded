import { describe, expect, test } from 'vitest';
import { codeOf, secretOf } from '../../server/test/support/totp.ts';
import { addTask, api, hasBrowser, password, row, saved, useWebApp } from './support/web-app.ts';

if (!hasBrowser) console.warn('skipped: the web app in a browser, for want of Chromium in /usr/bin');

describe.skipIf(!hasBrowser)('the web app', () => {
  const web = useWebApp();

  test('leads from the sign-up to a task that is added, edited, completed, taken back, deleted and restored', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    const input = page.getByRole('combobox', { name: 'Add a task' });
    await input.fill('Call Bob today at 11:59pm @phone !high');
    const chips = page.getByRole('list', { name: 'Understood' }).getByRole('listitem');
    await expect.poll(() => chips.allInnerTexts()).toEqual(['Today', '23:59', '@phone', 'High']);
    await input.press('Enter');
    await row(page, 'Call Bob').waitFor();
    await saved(page);

    await row(page, 'Call Bob').getByRole('button').click();
    await page.getByRole('textbox', { name: 'Title' }).fill('Call Alice');
    await page.getByRole('textbox', { name: 'Notes' }).fill('About the trip');
    await page.getByRole('button', { name: 'Priority: High' }).click();
    await page.getByRole('menuitemradio', { name: 'Low' }).click();
    await page.getByRole('textbox', { name: 'Add a subtask' }).fill('Find the number');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Done' }).click();
    await saved(page);
    await page.reload();
    await row(page, 'Call Alice').getByText('0/1').waitFor();
    expect(await api(page, 'GET', '/tasks?search=alice')).toMatchObject([
      {
        title: 'Call Alice',
        description: 'About the trip',
        priority: 'Low',
        due_time: '23:59',
        tags: ['phone'],
      },
    ]);

    await page.getByRole('checkbox', { name: 'Complete “Call Alice”' }).click({ force: true });
    await row(page, 'Call Alice').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await row(page, 'Call Alice').waitFor();

    await row(page, 'Call Alice').getByRole('button').focus();
    await page.keyboard.press('Delete');
    await row(page, 'Call Alice').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Trash' }).click();
    await page.getByRole('button', { name: 'Restore “Call Alice”' }).click();
    await page.getByRole('link', { name: 'Today' }).first().click();
    await row(page, 'Call Alice').waitFor();
    await context.close();
  });

  test('starts and works without a network, says what waits, and sends it later', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await addTask(page, 'before');
    await row(page, 'before').waitFor();
    await saved(page);
    await page.evaluate('navigator.serviceWorker.ready');
    await context.setOffline(true);
    await page.goto(`${web().app.url}/upcoming`);
    await page.getByRole('heading', { name: 'Upcoming', level: 1 }).waitFor();
    await page.getByRole('link', { name: 'Today' }).first().click();
    await addTask(page, 'offline');
    await row(page, 'offline').getByText('Not on the server yet').waitFor({ state: 'attached' });
    await page.getByText('Offline · 1 change is waiting').waitFor();
    await context.setOffline(false);
    await saved(page);
    expect(await api(page, 'GET', '/tasks?sort_by=title&sort_direction=asc')).toMatchObject([
      { title: 'before' },
      { title: 'offline' },
    ]);
    await context.close();
  });

  test('shows in other windows and on other devices what changes, and asks where both sides have changed it', async () => {
    const one = await web().newDevice();
    const email = await web().signUp(one.page);
    const window = await one.context.newPage();
    await window.goto(`${web().app.url}/today`);
    const two = await web().newDevice();
    await web().signIn(two.page, email);
    await addTask(one.page, 'Paint the door');
    for (const page of [window, two.page]) await row(page, 'Paint the door').waitFor();
    await window.close();

    await saved(one.page);
    await two.context.setOffline(true);
    const rename = async (page: typeof one.page, title: string) => {
      await row(page, 'Paint the door').getByRole('button').click();
      await page.getByRole('textbox', { name: 'Title' }).fill(title);
      await page.getByRole('button', { name: 'Done' }).click();
    };
    await rename(two.page, 'Paint the door green');
    await rename(one.page, 'Paint the door blue');
    await expect.poll(() => api(one.page, 'GET', '/tasks')).toMatchObject([{ title: 'Paint the door blue' }]);
    await two.context.setOffline(false);
    await two.page.getByRole('button', { name: 'Compare and decide' }).click();
    const dialog = two.page.getByRole('dialog', { name: 'Two versions' });
    await expect
      .poll(() => dialog.locator('.side-value').allInnerTexts())
      .toEqual(['Paint the door green', 'Paint the door blue']);
    await dialog.getByRole('radio', { name: /Elsewhere/ }).check();
    await dialog.getByRole('button', { name: 'Keep the chosen' }).click();
    await saved(two.page);
    for (const { page } of [one, two]) await row(page, 'Paint the door blue').waitFor();

    // What comes while somebody types is a second version too.
    await row(two.page, 'Paint the door blue').getByRole('button').click();
    await two.page.getByRole('textbox', { name: 'Title' }).fill('Paint the gate');
    const tasks = (await api(one.page, 'GET', '/tasks')) as { id: string; version: number }[];
    for (const { id, version } of tasks)
      await api(one.page, 'PATCH', `/tasks/${id}`, { title: 'Paint the fence', priority: 'High', version });
    await two.page.getByRole('button', { name: 'Priority: High' }).waitFor();
    await two.page.getByRole('button', { name: 'Done' }).click();
    await two.page.getByRole('button', { name: 'Compare and decide' }).click();
    await expect
      .poll(() => dialog.locator('.side-value').allInnerTexts())
      .toEqual(['Paint the gate', 'Paint the fence']);
    await dialog.getByRole('button', { name: 'Keep the chosen' }).click();
    await expect.poll(() => api(one.page, 'GET', '/tasks')).toMatchObject([{ title: 'Paint the gate' }]);
    for (const { context } of [one, two]) await context.close();
  });

  test('needs no mouse', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.getByRole('heading', { name: 'Inbox', level: 1 }).waitFor();
    await page.keyboard.press('q');
    for (const title of ['first', 'second', 'third']) {
      await page.keyboard.type(title);
      await page.keyboard.press('Enter');
      await row(page, title).waitFor();
    }
    await saved(page);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('Alt+ArrowDown');
    const titles = () => page.locator('.row-text').allInnerTexts();
    await expect.poll(titles).toEqual(['second', 'first', 'third']);
    await saved(page);
    await expect.poll(titles).toEqual(['second', 'first', 'third']);
    await row(page, 'first').locator(':focus').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('c');
    await expect.poll(titles).toEqual(['second', 'first']);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    await page.keyboard.type('settings');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
    await context.close();
  });

  test('is arranged with a mouse: by dragging, and several tasks at once', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    const { id } = (await api(page, 'POST', '/projects', { name: 'House' })) as { id: string };
    const { id: sectionId } = (await api(page, 'POST', `/projects/${id}/sections`, { name: 'Roof' })) as {
      id: string;
    };
    await api(page, 'POST', '/tasks', { title: 'tiles', project_id: id, section_id: sectionId });
    for (const title of ['walls', 'floor']) await api(page, 'POST', '/tasks', { title, project_id: id });
    await page.getByRole('link', { name: 'House' }).click();
    await row(page, 'walls').hover();
    const grip = await row(page, 'walls').locator('.row-grip').boundingBox();
    const target = await row(page, 'tiles').boundingBox();
    if (grip === null || target === null) throw new Error('a row is not shown');
    await page.mouse.move(grip.x + 8, grip.y + 20);
    await page.mouse.down();
    await page.mouse.move(grip.x + 8, target.y + target.height - 6, { steps: 5 });
    await page.mouse.up();
    const titles = () => page.locator('.row-text').allInnerTexts();
    await expect.poll(titles).toEqual(['floor', 'tiles', 'walls']);
    await saved(page);
    await expect
      .poll(() => api(page, 'GET', '/tasks?search=walls'))
      .toMatchObject([{ section_id: sectionId }]);

    await page.getByRole('button', { name: 'More for this list' }).click();
    await page.getByRole('menuitem', { name: 'Select tasks' }).click();
    await page.getByRole('checkbox', { name: 'Select “tiles”' }).check();
    await page.getByRole('button', { name: 'Select all' }).click();
    await page.getByRole('toolbar').getByRole('button', { name: 'Complete' }).click();
    await expect.poll(titles).toEqual([]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(titles).toEqual(['floor', 'tiles', 'walls']);
    await context.close();
  });

  test('goes on after the end of the session, and sends what waited after the next sign-in', async () => {
    const { page, context } = await web().newDevice();
    await web().signUp(page);
    await addTask(page, 'before');
    await row(page, 'before').waitFor();
    await saved(page);
    await context.clearCookies();
    await page.reload();
    await row(page, 'before').waitFor();
    await addTask(page, 'meanwhile');
    await page.getByText('Your session has ended').waitFor();
    await page.getByText('1 change is waiting').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.getByLabel('Password', { exact: true }).fill(password);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await saved(page);
    expect(await api(page, 'GET', '/tasks?search=meanwhile')).toHaveLength(1);
    await context.close();
  });

  test('asks for the code of a second factor, which is set up in the settings', async () => {
    const { page, context } = await web().newDevice();
    const email = await web().signUp(page);
    await page.goto(`${web().app.url}/settings/account`);
    const section = page
      .locator('section')
      .filter({ has: page.getByRole('heading', { name: 'Second factor' }) });
    await section.getByLabel('Password', { exact: true }).fill(password);
    await section.getByRole('button', { name: 'Set up' }).click();
    const link = await section.getByRole('link', { name: 'Open in an app' }).getAttribute('href');
    const secret = secretOf(link ?? '');
    await section.getByLabel('Code from your authenticator app').fill(codeOf(secret));
    await section.getByRole('button', { name: 'Turn on' }).click();
    await section.getByText('The second factor is on').waitFor();

    await page.getByRole('button', { name: 'Account of Ada' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    // A code works once, so it is the next one.
    await page.getByLabel('Code from your authenticator app').fill(codeOf(secret, 1));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Today', level: 1 }).waitFor();
    await context.close();
  });
});
