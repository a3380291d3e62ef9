// What every journey does with a page: a picture, axe-core, and that nothing is wider than the screen.
const fs = require('node:fs');
const path = require('node:path');

const pictures = process.env.IPLEDGER_PICTURES;
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** A looker: `keep` takes a picture and has axe-core look; `serious` is what it found. */
exports.looker = async (chromium) => {
  // Scripts may run here: our policy forbids them on the pages themselves.
  const inspector = await chromium.newContext();
  const serious = [];
  const wide = [];
  const keep = async (context, page, name) => {
    await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
    const style = await page.locator('link[rel=stylesheet]').getAttribute('href');
    const css = await (await context.request.get(new URL(style, page.url()).href)).text();
    const html = await page.content();
    const probe = await inspector.newPage();
    await probe.setViewportSize(page.viewportSize());
    await probe.setContent(html.replace(/<link rel="stylesheet"[^>]*>/, `<style>${css}</style>`));
    await probe.evaluate(axe);
    const found = await probe.evaluate((tags) => axe.run(document, { runOnly: tags }), TAGS);
    for (const one of found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))) {
      serious.push(`${name}: ${one.id}: ${one.help}\n    ${one.nodes.map((node) => node.html).slice(0, 3).join('\n    ')}`);
    }
    const over = await probe.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (over > 0) wide.push(`${name} is ${over} px wider than the screen`);
    await probe.close();
  };
  return { keep, serious, wide };
};
