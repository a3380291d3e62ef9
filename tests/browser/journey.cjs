// A company's way through the pages in Chromium, without JavaScript, in both languages and at three widths; axe-core on
// every page; a picture of every page. With other cities around the story, as anybody sees it who looks around.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { demo, browser: launch, code } = require('./ledger.cjs');
const { looker } = require('./look.cjs');

const pictures = process.env.IPLEDGER_PICTURES;
const WIDTHS = [360, 768, 1280];
const QISHUI = '91410611MADEM0011X';
// Who has nothing yet; who is on the blacklist; whose invoice was used before.
const OTHERS = { empty: '91410621MADEM0126K', blacklisted: '91410611MADEM00701', refused: '91410611MADEM01189', owing: '91410622MADEM00549' };

let keep;

async function journey(chromium, ledger, language, width, login) {
  const context = await chromium.newContext({ javaScriptEnabled: false, viewport: { width, height: 800 }, locale: 'zh-CN' });
  const page = await context.newPage();
  const bad = [];
  page.on('console', (message) => { if (message.type() === 'error') bad.push(message.text()); });
  const go = async (address) => { const answer = await page.goto(ledger.pages + address); assert.equal(answer.status(), 200, address); };
  const name = (what) => `${what}-${language}-${width}`;
  const shows = async (...texts) => { const text = await page.locator('body').innerText(); for (const one of texts) assert.ok(text.includes(one), `${page.url()}: no "${one}" in\n${text}`); };
  const zh = language === 'zh';

  await go(`/?lang=${language}`);
  await keep(context, page, name('01-home'));
  await go('/login');
  await page.fill('#code', 'ABCD-EFGH-JKMN');
  await page.click('main button');
  await shows(zh ? '登录码不正确' : 'This code is wrong');
  await keep(context, page, name('02-login-wrong'));
  await page.fill('#code', login);
  await page.click('main button');
  assert.equal(new URL(page.url()).pathname, '/my');
  await shows('鹤壁淇水精密镁业有限公司', '200,000.00', '37,400.00', zh ? '已拨付' : 'Paid');
  await keep(context, page, name('03-overview'));
  await go('/my?year=2025');
  // The application whose amount the yearly cap decided.
  const premium = page.locator('ul.rows > li', { hasText: '37,400.00' }).first();
  await premium.locator('a').first().click();
  await shows('37,400.00', zh ? '年度限额' : 'the cap of the year');
  for (const one of await page.locator('details').all()) await one.locator('summary').click();
  await shows('年贴息不超过20万元');
  await keep(context, page, name('04-application'));
  const printed = await page.locator('a[href*="/receipt?"]').last().getAttribute('href');
  const file = await page.locator('a[href*="/receipt.json"]').last().getAttribute('href');
  const receipt = await (await context.request.get(ledger.pages + file)).text();
  assert.equal(JSON.parse(receipt).kind, 'ipledger-receipt');
  await go(printed);
  await shows('人民币叁万柒仟肆佰元整', '¥37,400.00', 'BF-2025-009');
  await keep(context, page, name('05-receipt'));
  await page.emulateMedia({ media: 'print' });
  await page.screenshot({ path: path.join(pictures, `${name('06-receipt-print')}.png`), fullPage: true });
  assert.equal(await page.locator('header').isVisible(), false, 'the heading is not printed');
  if (width === 1280) await page.pdf({ path: path.join(pictures, `${name('06-receipt')}.pdf`), format: 'A4' });
  await page.emulateMedia({ media: 'screen' });
  await go('/verify');
  await page.fill('#receipt', receipt);
  await page.click('main button');
  await shows(zh ? '凭证成立' : 'Proven');
  await keep(context, page, name('07-verify'));
  await go('/my/apply');
  await keep(context, page, name('08-choose'));
  await page.click('main button');
  await page.selectOption('#kind-0', 'valuation');
  await page.fill('#invoice-0', '25412000000000000201');
  await page.fill('#cost-0', '40,000');
  await page.fill('#paid-0', '2025-01-05');
  await page.click('button[name=more]');
  assert.equal(await page.inputValue('#cost-0'), '40000', 'one more row keeps what was typed');
  await page.fill('#invoice-1', '2541');
  await page.fill('#cost-1', '1');
  await page.fill('#paid-1', '2025-01-05');
  await keep(context, page, name('09-form'));
  await page.click('main form#apply p.buttons button:first-child');
  await page.locator('[role=alert]').waitFor();
  assert.equal(await page.locator('#invoice-1[aria-invalid]').count(), 1, 'the wrong invoice is marked');
  await keep(context, page, name('10-form-wrong'));
  await page.fill('#invoice-1', '');
  await page.fill('#cost-1', '');
  await page.fill('#paid-1', '');
  await page.click('main form#apply p.buttons button:first-child');
  await shows('0.00', zh ? '凭据' : 'evidence');
  await keep(context, page, name('11-preview-used'));
  await page.click('footer .switch');
  await shows(zh ? 'What it would come to' : '试算结果');
  await page.click('footer .switch');
  await go('/my/access');
  await shows(zh ? '查阅记录' : 'Who looked');
  await keep(context, page, name('12-access'));
  const missing = await page.goto(`${ledger.pages}/my/applications/application-1`);
  assert.equal(missing.status(), 404);
  await keep(context, page, name('13-not-found'));
  await page.locator('header form button').click();
  assert.equal(new URL(page.url()).pathname, '/');
  const gone = await page.goto(`${ledger.pages}/my`);
  assert.equal(new URL(gone.url()).pathname, '/login');
  assert.deepEqual(bad.filter((text) => !text.includes('404')), [], 'nothing against the content policy');
  await context.close();
}

/** Other companies' overviews: nothing yet, refused, on the blacklist, owing money back. */
async function others(chromium, ledger) {
  for (const [name, uscc] of Object.entries(OTHERS)) {
    const context = await chromium.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 800 } });
    const page = await context.newPage();
    await page.goto(`${ledger.pages}/login`);
    await page.fill('#code', code(ledger.server, 'officer', 'li-na', uscc));
    await page.click('main button');
    assert.equal(new URL(page.url()).pathname, '/my');
    await keep(context, page, `20-${name}-zh-360`);
    await page.setViewportSize({ width: 1280, height: 800 });
    await keep(context, page, `20-${name}-zh-1280`);
    await context.close();
  }
}

/** A new application, sent and taken back. */
async function apply(chromium, ledger) {
  const context = await chromium.newContext({ javaScriptEnabled: false, viewport: { width: 768, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${ledger.pages}/login`);
  // 金牛食品 has a running loan and has used nothing of its cap of 2026.
  await page.fill('#code', code(ledger.server, 'officer', 'li-na', OTHERS.owing));
  await page.click('main button');
  await page.click('nav a[href="/my/apply"]');
  await page.click('main button');
  await page.selectOption('#kind-0', 'guarantee');
  await page.fill('#invoice-0', '25412000000000000999');
  await page.fill('#cost-0', '2000');
  await page.fill('#paid-0', '2026-03-01');
  await page.click('main form#apply p.buttons button:first-child');
  await keep(context, page, '30-preview-768');
  assert.ok((await page.innerText('main')).includes('1,000.00'), 'half of 2,000.00');
  await page.click('button[formaction="/my/apply"]');
  assert.match(new URL(page.url()).pathname, /^\/my\/applications\/application-\d+$/);
  assert.ok((await page.innerText('main')).includes('待审核'));
  await keep(context, page, '31-sent-768');
  await page.fill('#reason', '发票有误');
  await page.click('form[action$="/withdraw"] button');
  assert.ok((await page.innerText('main')).includes('已撤回'));
  await context.close();
}

/** The desk of somebody of the bureau, and that a company does not get there. */
async function bureau(chromium, ledger, login) {
  const context = await chromium.newContext({ javaScriptEnabled: false, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(`${ledger.pages}/login`);
  await page.fill('#code', login);
  await page.click('main button');
  assert.equal(new URL(page.url()).pathname, '/bureau');
  await keep(context, page, '40-bureau-1280');
  assert.equal((await page.goto(`${ledger.pages}/my`)).status(), 403);
  await context.close();
}

/** Nothing is wider than the screen, at any width, however long a name is. */
async function widths(chromium, ledger) {
  const context = await chromium.newContext({ javaScriptEnabled: true, bypassCSP: true, viewport: { width: 360, height: 800 } });
  const page = await context.newPage();
  await page.goto(`${ledger.pages}/login`);
  await page.fill('#code', code(ledger.server, 'officer', 'li-na', QISHUI));
  await page.click('main button');
  const details = await page.locator('ul.rows a').first().getAttribute('href');
  for (const width of [320, ...WIDTHS]) {
    await page.setViewportSize({ width, height: 800 });
    for (const address of ['/my', details, `${details}/receipt`, '/my/apply', '/my/access', '/verify', '/status', '/login']) {
      await page.goto(ledger.pages + address);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(over <= 0, `${address} is ${over} px wider than ${width}`);
    }
  }
  await context.close();
}

(async () => {
  const ledger = await demo(300);
  const chromium = await launch();
  try {
    const look = await looker(chromium);
    ({ keep } = look);
    if (process.env.IPLEDGER_ONLY) { await ({ others, apply, widths })[process.env.IPLEDGER_ONLY](chromium, ledger); return; }
    for (const language of ['zh', 'en']) {
      for (const width of WIDTHS) await journey(chromium, ledger, language, width, code(ledger.server, 'officer', 'li-na', QISHUI));
    }
    await others(chromium, ledger);
    await apply(chromium, ledger);
    await bureau(chromium, ledger, ledger.codes[1]);
    await widths(chromium, ledger);
    assert.deepEqual(look.serious, [], `axe-core finds:\n${look.serious.join('\n')}`);
    assert.deepEqual(look.wide, [], look.wide.join('\n'));
    console.log(`${fs.readdirSync(pictures).length} pictures, nothing serious`);
  } finally {
    await chromium.close();
    await ledger.stop();
  }
})().catch((error) => { console.error(error); process.exit(1); });
