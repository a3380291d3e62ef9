// Starts `ipledger demo --keep` and hands out what it prints; ends it again.
const { spawn, execFileSync } = require('node:child_process');
const program = process.env.IPLEDGER_PROGRAM;

/** The demo with its year, its pages and its codes; with so many companies of other cities around it. */
exports.demo = (city = 0) => new Promise((resolve, reject) => {
  const child = spawn(program, ['demo', '--keep', '--city', String(city)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  const late = setTimeout(() => { child.kill('SIGKILL'); reject(new Error(`the demo is not ready:\n${text}`)); }, 300_000);
  child.on('exit', (code) => reject(new Error(`the demo ended with ${code}:\n${text}`)));
  child.stdout.on('data', (bytes) => {
    text += bytes;
    if (!text.includes('Ctrl+C ends it')) return;
    clearTimeout(late);
    child.removeAllListeners('exit');
    const pages = /^\s*(http:\/\/\S+)$/m.exec(text)[1];
    const server = /^\s*gRPC (\S+)/m.exec(text)[1];
    const codes = [...text.matchAll(/^\s*([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}) {3}/gm)].map((match) => match[1]);
    const stop = () => new Promise((done) => { child.on('exit', done); child.kill('SIGTERM'); });
    resolve({ pages, server, codes, stop });
  });
});

/** A login code from a ledger for development. */
exports.code = (server, role, person, enterprise = '') => {
  const flags = ['portal', 'code', '--server', server, '--role', role, '--person', person];
  if (enterprise) flags.push('--enterprise', enterprise);
  return execFileSync(program, flags, { encoding: 'utf8' }).split('\n')[0];
};

/** A Chromium of the system. */
exports.browser = () => require('playwright-core').chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
});
