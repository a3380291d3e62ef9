// Logging in by a real OpenID Connect provider (npm `oidc-provider`) on this machine: code flow with PKCE.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { execFileSync, spawn } = require('node:child_process');
const { browser: launch } = require('./ledger.cjs');

const program = process.env.IPLEDGER_PROGRAM;
const PORT = 20_000 + (process.pid % 10_000);
const PEOPLE = {
  qishui: { uscc: '91410611MADEM0011X' },
  nobody: { uscc: '91110000600037341L' },
  officer: { ipledger: 'ipledger:officer:li.na' },
  stranger: {},
};

async function provider(redirect) {
  const entry = require.resolve('oidc-provider', { paths: [path.join(process.env.IPLEDGER_BROWSER_HOME, 'node_modules')] });
  const { default: Provider } = await import(pathToFileURL(entry).href);
  const one = new Provider(`http://127.0.0.1:${PORT}`, {
    clients: [{ client_id: 'ledger', client_secret: 'a secret: with/signs', redirect_uris: [redirect], response_types: ['code'], grant_types: ['authorization_code'] }],
    claims: { openid: ['sub'], profile: ['uscc', 'ipledger'] },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
    cookies: { keys: ['test'] },
  });
  return new Promise((resolve) => { const server = one.listen(PORT, '127.0.0.1', () => resolve(server)); });
}

async function ledger(folder) {
  execFileSync(program, ['demo', '--data', path.join(folder, 'data')], { stdio: 'ignore' });
  fs.writeFileSync(path.join(folder, 'secret'), 'a secret: with/signs\n');
  const port = PORT + 10_000;
  const flags = ['serve', '--data', path.join(folder, 'data'), '--listen', '127.0.0.1:0', '--dev-identity',
    '--portal', `127.0.0.1:${port}`, '--portal-oidc-issuer', `http://127.0.0.1:${PORT}`, '--portal-oidc-client', 'ledger',
    '--portal-oidc-secret-file', path.join(folder, 'secret')];
  const child = spawn(program, flags, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, RUST_LOG: 'warn' } });
  await new Promise((resolve, reject) => {
    let text = '';
    child.on('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    child.stdout.on('data', (bytes) => { text += bytes; if (text.includes('pages on')) resolve(); });
  });
  child.removeAllListeners('exit');
  return { child, pages: `http://127.0.0.1:${port}` };
}

async function login(chromium, pages, who) {
  const context = await chromium.newContext();
  const page = await context.newPage();
  await page.goto(`${pages}/login?lang=en`);
  await page.click('a[href^="/login/provider"]');
  await page.fill('input[name=login]', who);
  await page.fill('input[name=password]', 'x');
  await page.click('button[type=submit]');
  await page.click('button[type=submit]');
  await page.waitForURL(`${pages}/**`);
  return { context, page };
}

(async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ipledger-provider-'));
  const served = await ledger(folder);
  const server = await provider(`${served.pages}/login/return`);
  const chromium = await launch();
  try {
    // A company that the ledger knows.
    const company = await login(chromium, served.pages, 'qishui');
    assert.equal(new URL(company.page.url()).pathname, '/my');
    assert.ok((await company.page.innerText('h1')).includes('淇水'));
    // One that it does not know, and somebody about whom the provider tells nothing of use.
    for (const who of ['nobody', 'stranger']) {
      const { page } = await login(chromium, served.pages, who);
      assert.ok((await page.innerText('h1')).includes('does not know you'), who);
    }
    const officer = await login(chromium, served.pages, 'officer');
    assert.equal(new URL(officer.page.url()).pathname, '/bureau');
    // A return that nobody began, and one with another state.
    const stray = await (await chromium.newContext()).newPage();
    assert.equal((await stray.goto(`${served.pages}/login/return?code=x&state=y`)).status(), 403);
    console.log('logged in by the provider: a company, an officer; refused: two that the ledger does not know, a stray return');
  } finally {
    await chromium.close();
    server.close();
    served.child.kill('SIGTERM');
    fs.rmSync(folder, { recursive: true, force: true });
  }
})().catch((error) => { console.error(error); process.exit(1); });
