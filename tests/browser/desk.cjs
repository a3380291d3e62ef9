// The bureau's desk in Chromium, without JavaScript, in both languages and at three widths: what waits, a case, several at
// once, the search, a company's file; axe-core on every page and a picture of every page.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { demo, browser: launch, code } = require('./ledger.cjs');
const { looker } = require('./look.cjs');

const program = process.env.IPLEDGER_PROGRAM;
const WIDTHS = [360, 768, 1280];
// A name as long as the register takes, and a company that has nothing.
const LONG = { uscc: '91371082775260043P', name: `鹤壁${'知识产权质押融资示范'.repeat(4)}科技（集团）股份有限公司` };

/** A browser of somebody of the bureau. */
async function clerk(chromium, ledger, role, person, width) {
  const context = await chromium.newContext({ javaScriptEnabled: false, viewport: { width, height: 800 }, locale: 'zh-CN' });
  const page = await context.newPage();
  page.bad = [];
  page.on('console', (message) => { if (message.type() === 'error') page.bad.push(message.text()); });
  await page.goto(`${ledger.pages}/login`);
  await page.fill('#code', code(ledger.server, role, person));
  await page.click('main button');
  assert.equal(new URL(page.url()).pathname, '/bureau');
  const go = async (address) => { const answer = await page.goto(ledger.pages + address); assert.equal(answer.status(), 200, address); };
  const shows = async (...texts) => { const text = await page.locator('body').innerText(); for (const one of texts) assert.ok(text.includes(one), `${page.url()}: no "${one}" in\n${text}`); };
  return { context, page, go, shows };
}

/** Every page as an officer, a finance clerk and an auditor see it. */
async function pages(chromium, ledger, look, language, width) {
  const zh = language === 'zh';
  const name = (what) => `${what}-${language}-${width}`;
  const officer = await clerk(chromium, ledger, 'officer', 'li-na', width);
  const { context, page, go, shows } = officer;
  const keep = (what) => look.keep(context, page, name(what));
  await go(`/bureau?lang=${language}`);
  await shows('鹤壁仙鹤电子有限公司', '浚县浮丘陶瓷有限公司', zh ? '逾期' : 'overdue');
  await keep('50-queue');
  await go('/bureau?all=1');
  await shows(zh ? '拨付补助' : 'Pay a subsidy', '鹤壁东山新材料有限公司');
  await keep('51-queue-all');
  await page.locator('ul.queue a', { hasText: '仙鹤' }).first().click();
  await shows(zh ? '为什么是这个金额' : 'Why this amount', zh ? '企业年度限额' : "The company's cap of the year", '200,000.00');
  await keep('52-application');
  await page.locator('dl.pairs a[href*="/bureau/loans/"]').first().click();
  await keep('53-loan');
  await go('/bureau/search');
  await keep('54-search');
  await page.fill('#query', '有限公司');
  await page.click('main button');
  await shows('鹤壁淇水精密镁业有限公司', LONG.name);
  await keep('55-search-names');
  assert.equal(new URL(page.url()).search, '', 'nothing of it in the address');
  await page.fill('#query', '202110410606.2');
  await page.click('main button');
  await shows('毫米波天线阵列', '鹤壁仙鹤电子有限公司');
  await page.fill('#query', '没有这家公司');
  await page.click('main button');
  await shows(zh ? '没有找到' : 'Nothing.');
  await keep('56-search-nothing');
  await page.fill('#query', '大伾生物');
  await page.click('main button');
  await page.locator('ul.hits a').first().click();
  await shows('浚县大伾生物医药有限公司', zh ? '签发登录码' : 'Issue a code');
  await keep('57-company');
  await page.locator('a[href*="/bureau/loans/"]').first().click();
  await page.locator('a[href*="/bureau/claims/"]').first().click();
  await shows(zh ? '专户余额' : 'Cash', zh ? '熔断' : 'tripped');
  for (const one of await page.locator('details').all()) await one.locator('summary').click();
  await keep('58-claim');
  await page.locator('.story a').first().click();
  await keep('59-entry');
  await go('/bureau/search');
  await page.fill('#query', LONG.uscc);
  await page.click('main button');
  await page.locator('ul.hits a').first().click();
  await shows(LONG.name);
  await keep('60-company-long-and-empty');
  await go('/bureau');
  await page.click('button[name=page]');
  await shows(zh ? '批量办理：预览' : 'Several at once: preview', zh ? '按项目合计' : 'By programme');
  await keep('61-batch-preview');
  await page.click('footer .switch');
  await shows(zh ? 'By programme' : '按项目合计');
  await page.click('footer .switch');
  assert.deepEqual(page.bad, [], 'nothing against the content policy');
  await context.close();

  const finance = await clerk(chromium, ledger, 'finance', 'zhao-min', width);
  await finance.go(`/bureau?lang=${language}`);
  await look.keep(finance.context, finance.page, name('62-queue-finance'));
  await finance.page.locator('ul.queue a', { hasText: '东山' }).first().click();
  await finance.shows(zh ? '在失信名单上' : 'on the blacklist', zh ? '拨付补助' : 'Pay a subsidy');
  await look.keep(finance.context, finance.page, name('63-to-be-paid'));
  await finance.context.close();
  const auditor = await clerk(chromium, ledger, 'auditor', 'sun-lei', width);
  await auditor.go(`/bureau?lang=${language}`);
  await auditor.shows(zh ? '不能办理' : 'decide nothing');
  await look.keep(auditor.context, auditor.page, name('64-queue-auditor'));
  await auditor.context.close();
}

/** Two applications are approved at once, paid at once, and one of them is demanded back; the queue is empty at last. */
async function work(chromium, ledger, look) {
  const { context, page, go, shows } = await clerk(chromium, ledger, 'officer', 'li-na', 768);
  await go('/bureau');
  for (const box of await page.locator('ul.queue input[type=checkbox]').all()) await box.check();
  await page.click('.batch button:not([name])');
  await shows('将办理', '预算指标');
  await page.click('form.card button');
  await shows('批量办理：结果', '分录');
  await look.keep(context, page, '70-batch-done-768');
  await page.reload();
  await shows('批量办理：结果');
  await go('/bureau');
  await look.keep(context, page, '71-queue-empty-768');
  const finance = await clerk(chromium, ledger, 'finance', 'zhao-min', 768);
  await finance.page.click('button[name=page]');
  await finance.shows('不能办理的及原因', '失信');
  await look.keep(finance.context, finance.page, '72-batch-left-out-768');
  await finance.page.fill('#reference', 'BF-2026-001');
  await finance.page.click('form.card button');
  await finance.shows('批量办理：结果', '已办理');
  await finance.page.locator('ul.rows a[href*="/bureau/applications/"]').first().click();
  await finance.shows('已拨付', 'BF-2026-001');
  const address = new URL(finance.page.url()).pathname;
  await finance.context.close();
  await go(address);
  await page.fill('#demand-clawback-amount', '99,999,999.00');
  await page.fill('#demand-clawback-reason', '重复申报');
  await page.click('form[action$="/demand-clawback"] button');
  await page.locator('[role=alert]').waitFor();
  await look.keep(context, page, '73-act-wrong-768');
  await page.fill('#demand-clawback-amount', '100');
  await page.click('form[action$="/demand-clawback"] button');
  await shows('已办理，已记账', '须退回');
  await look.keep(context, page, '74-demanded-768');
  await page.locator('a[href^="/bureau/enterprises/"]').first().click();
  await page.check('#long');
  await page.click('form[action$="/code"] button');
  await shows('限用一次');
  await look.keep(context, page, '75-code-768');
  await context.close();
}

(async () => {
  const ledger = await demo();
  const chromium = await launch();
  try {
    const look = await looker(chromium);
    const company = { uscc: LONG.uscc, name: LONG.name, size_class: 'SIZE_CLASS_SMALL', district: 'qibin' };
    execFileSync(program, ['call', 'RegistryService/RegisterEnterprise', JSON.stringify(company), '--server', ledger.server, '--role', 'officer', '--person', 'li-na']);
    const languages = process.env.IPLEDGER_ONLY ? ['zh'] : ['zh', 'en'];
    for (const language of languages) for (const width of WIDTHS) await pages(chromium, ledger, look, language, width);
    await work(chromium, ledger, look);
    assert.deepEqual(look.serious, [], `axe-core finds:\n${look.serious.join('\n')}`);
    assert.deepEqual(look.wide, [], 'too wide');
    console.log('the desk: nothing serious');
  } finally {
    await chromium.close();
    await ledger.stop();
  }
})().catch((error) => { console.error(error); process.exit(1); });
