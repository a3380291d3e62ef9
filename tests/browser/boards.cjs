// The bureau's boards and the auditor's pages in Chromium, without JavaScript: both languages, three widths, axe-core on
// every page, a picture of every page; a bank's file from upload to sign-off, a month closed, a rulebook tried out, the
// journal audited.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { demo, browser: launch, code } = require('./ledger.cjs');
const { looker } = require('./look.cjs');

const WIDTHS = [360, 768, 1280];
let keep;

/** Waits until a page that asks again by itself has what it waits for. */
async function made(page) {
  for (let tries = 0; tries < 100 && (await page.locator('meta[http-equiv=refresh]').count().catch(() => 1)); tries += 1) await page.waitForTimeout(300);
  assert.equal(await page.locator('meta[http-equiv=refresh]').count(), 0, `${page.url()} is never made`);
}

/** A browser of somebody of the bureau. */
async function login(chromium, ledger, role, person, width, language) {
  const context = await chromium.newContext({ javaScriptEnabled: false, viewport: { width, height: 900 }, locale: 'zh-CN', acceptDownloads: true });
  const page = await context.newPage();
  const bad = [];
  page.on('console', (message) => { if (message.type() === 'error') bad.push(message.text()); });
  await page.goto(`${ledger.pages}/login?lang=${language}`);
  await page.fill('#code', code(ledger.server, role, person));
  await page.click('main button');
  assert.equal(new URL(page.url()).pathname, '/bureau');
  return { context, page, bad };
}

/** Every page that stands at an address. */
async function look(chromium, ledger, language, width) {
  const { context, page, bad } = await login(chromium, ledger, 'auditor', 'sun-lei', width, language);
  const addresses = {
    boards: '/bureau/boards?year=2025', 'boards-now': '/bureau/boards', reconciliation: '/bureau/reconciliation?month=2025-12',
    periods: '/bureau/periods', close: '/bureau/periods/close?month=2025-11', year: '/bureau/periods/year?year=2025', run: '/bureau/periods/run',
    reports: '/bureau/reports', report: '/bureau/reports/yearly', subsidies: '/bureau/reports/subsidies', rulebooks: '/bureau/rulebooks',
    rulebook: '/bureau/rulebooks/hebi-2017/1', adopt: '/bureau/rulebooks/new', correct: '/bureau/rulebooks/hebi-2017/1/correct', books: '/bureau/books',
    verify: '/bureau/books/verify', access: '/bureau/books/access',
  };
  for (const [name, address] of Object.entries(addresses)) {
    const answer = await page.goto(ledger.pages + address);
    assert.equal(answer.status(), 200, address);
    await made(page);
    await keep(context, page, `50-${name}-${language}-${width}`);
  }
  await page.goto(`${ledger.pages}/bureau/reports/yearly`);
  await page.fill('#from', '2025-01-01');
  await page.fill('#to', '2025-12-31');
  await page.click('#report button:has-text("生成"), #report button:has-text("Run")');
  await made(page);
  assert.ok(await page.locator('main table').count(), 'the report stands');
  await keep(context, page, `50-report-made-${language}-${width}`);
  assert.deepEqual(bad, [], 'nothing against the content policy');
  await context.close();
}

/** A bank's file: a wrong one, a large one, then one that is read, compared, downloaded and signed off. */
async function reconcile(chromium, ledger) {
  const { context, page } = await login(chromium, ledger, 'finance', 'zhao-min', 1280, 'zh');
  const send = async (name, content) => {
    await page.goto(`${ledger.pages}/bureau/reconciliation`);
    const choice = await page.locator('#statement option[value^="repayments/"]').first().getAttribute('value');
    await page.selectOption('#statement', choice);
    await page.fill('#from', '2025-01-01');
    await page.fill('#to', '2025-12-31');
    await page.setInputFiles('#file', { name, mimeType: 'text/csv', buffer: Buffer.from(content) });
    await page.click('main form button:has-text("读取文件")');
  };
  await send('broken.xlsx', 'PK\u0003\u0004 this is no workbook');
  assert.ok(await page.locator('[role=alert]').count(), 'a broken workbook is refused in words');
  await keep(context, page, '60-broken-1280');
  await send('large.csv', 'x'.repeat(34 * 1024 * 1024));
  assert.ok((await page.innerText('main')).includes('32 MiB'), 'the browser hears that it is too large');
  await send('misread.csv', '还款日期,合同编号,借款人,归还利息,流水号\n2025-06-20,C,甲,12.345,1\n');
  await keep(context, page, '61-misread-1280');
  assert.ok((await page.innerText('main')).includes('12.345'));
  await send('三月还款.csv', '还款日期,合同编号,借款人,归还利息,流水号\n2025-06-20,HB-0,某公司,100.00,R-1\n合计,,,100.00,\n');
  await keep(context, page, '62-preview-1280');
  await page.click('text=与账本对账');
  assert.ok((await page.innerText('main')).includes('账本缺失'));
  await keep(context, page, '63-result-1280');
  await page.setViewportSize({ width: 360, height: 900 });
  await keep(context, page, '63-result-360');
  await page.setViewportSize({ width: 1280, height: 900 });
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('text=下载结果工作簿')]);
  assert.ok(fs.statSync(await file.path()).size > 5_000, 'the workbook has something in it');
  await page.fill('#note', '银行次月更正');
  await page.click('text=确认对账结果');
  assert.match(page.url(), /signed=\d+/);
  await keep(context, page, '64-signed-1280');
  await context.close();
}

/** A month that has something open is closed with a reason. */
async function close(chromium, ledger) {
  const { context, page } = await login(chromium, ledger, 'finance', 'zhao-min', 768, 'zh');
  await page.goto(`${ledger.pages}/bureau/periods`);
  await page.click('text=结账…');
  await page.fill('#reason', '银行系统停机，次月补对');
  await keep(context, page, '65-close-768');
  await page.click('text=确认结账');
  assert.match(page.url(), /closed=\d+/);
  await keep(context, page, '66-closed-768');
  await context.close();
}

/** A report as a page and as a file. */
async function report(chromium, ledger) {
  const { context, page } = await login(chromium, ledger, 'officer', 'li-na', 1280, 'en');
  await page.goto(`${ledger.pages}/bureau/reports/subsidies`);
  await page.fill('#from', '2025-01-01');
  await page.fill('#to', '2025-12-31');
  await page.selectOption('#by', 'district');
  await page.click('#report button:has-text("Run")');
  await made(page);
  await keep(context, page, '67-report-1280');
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("This result as XLSX")')]);
  assert.match(file.suggestedFilename(), /\.xlsx$/);
  await context.close();
}

/** The what-if is shown before a rulebook can be adopted. */
async function adopt(chromium, ledger) {
  const { context, page } = await login(chromium, ledger, 'officer', 'li-na', 1280, 'zh');
  await page.goto(`${ledger.pages}/bureau/rulebooks/new`);
  await page.fill('#text', 'schema = 1');
  await page.click('main form button');
  await keep(context, page, '68-wrong-1280');
  await page.fill('#text', '');
  await page.selectOption('#shipped', 'weihai-2020');
  await page.click('main form button');
  await made(page);
  const text = await page.innerText('main');
  for (const one of ['实际核定', '测算核定', '全部规则', '采用此版本']) assert.ok(text.includes(one), one);
  await keep(context, page, '69-draft-1280');
  await page.setViewportSize({ width: 360, height: 900 });
  await keep(context, page, '69-draft-360');
  await context.close();
}

/** An auditor has the journal audited, and checks a checkpoint that he kept. */
async function audit(chromium, ledger) {
  const { context, page } = await login(chromium, ledger, 'auditor', 'sun-lei', 768, 'zh');
  await page.goto(`${ledger.pages}/bureau/books`);
  const kept = await (await context.request.get(`${ledger.pages}/bureau/books/checkpoint`)).text();
  await page.click('text=立即校验');
  for (let tries = 0; tries < 100 && (await page.innerText('main')).includes('校验进行中'); tries += 1) await page.click('text=刷新');
  assert.ok((await page.innerText('main')).includes('未发现问题'));
  await keep(context, page, '70-verified-768');
  await page.goto(`${ledger.pages}/bureau/books`);
  await page.fill('#note', kept);
  await page.click('button:has-text("核对")');
  assert.ok((await page.innerText('main')).includes('只增不改'));
  await keep(context, page, '71-compared-768');
  await page.goto(`${ledger.pages}/bureau/books/access`);
  await page.fill('#principal', 'zhao-min');
  await page.click('main form button');
  assert.ok((await page.innerText('main')).includes('SignOffStatement'));
  await keep(context, page, '72-access-768');
  await context.close();
}

(async () => {
  const ledger = await demo();
  const chromium = await launch();
  try {
    const looking = await looker(chromium);
    ({ keep } = looking);
    if (process.env.IPLEDGER_ONLY) { await ({ reconcile, close, report, adopt, audit })[process.env.IPLEDGER_ONLY](chromium, ledger); return; }
    const widths = process.env.IPLEDGER_WIDTHS ? process.env.IPLEDGER_WIDTHS.split(',').map(Number) : WIDTHS;
    for (const language of ['zh', 'en']) for (const width of widths) await look(chromium, ledger, language, width);
    await reconcile(chromium, ledger);
    await report(chromium, ledger);
    await adopt(chromium, ledger);
    await close(chromium, ledger);
    await audit(chromium, ledger);
    assert.deepEqual(looking.serious, [], `axe-core finds:\n${looking.serious.join('\n')}`);
    assert.deepEqual(looking.wide, [], looking.wide.join('\n'));
    console.log('boards: nothing serious');
  } finally {
    await chromium.close();
    await ledger.stop();
  }
})().catch((error) => { console.error(error); process.exit(1); });
