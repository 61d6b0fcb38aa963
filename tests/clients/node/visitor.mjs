// A browser without scripts: it follows redirects, keeps cookies, and sends forms.

import assert from "node:assert/strict";

const MOST_REDIRECTS = 20;

export class Visitor {
  // By host name: browsers don't separate cookies by port either.
  #cookies = new Map();

  // Returns the page at the end of the redirects. A redirect to a URL that begins with `end` isn't
  // followed: the page is then that URL alone.
  async open(url, end) {
    return this.#send(url, {}, end);
  }

  // Sends the page's first form that has all these fields.
  async submit(page, typed, end) {
    const found = forms(page.text).find(({ fields }) => Object.keys(typed).every((n) => n in fields));
    assert.ok(found, `no form with ${Object.keys(typed)} in ${page.url}: ${page.text}`);
    const body = new URLSearchParams({ ...found.fields, ...typed });
    return this.#send(new URL(found.action, page.url).href, { method: "POST", body }, end);
  }

  async #send(url, init, end) {
    for (let redirects = 0; redirects < MOST_REDIRECTS; redirects += 1) {
      const { hostname } = new URL(url);
      const cookies = this.#cookies.get(hostname) ?? new Map();
      this.#cookies.set(hostname, cookies);
      const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
      const response = await fetch(url, { ...init, redirect: "manual", headers: { cookie } });
      for (const line of response.headers.getSetCookie()) keep(cookies, line);
      const text = await response.text();
      const location = response.headers.get("location");
      if (location === null) return { url, status: response.status, text };
      url = new URL(location, url).href;
      if (end !== undefined && url.startsWith(end)) return { url };
      init = {};
    }
    assert.fail(`more than ${MOST_REDIRECTS} redirects, the last one to ${url}`);
  }
}

function keep(cookies, line) {
  const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
  const expires = /;\s*expires=([^;]+)/i.exec(line);
  const isOver = /;\s*max-age=0\b/i.test(line) || (expires && Date.parse(expires[1]) < Date.now());
  if (isOver) cookies.delete(name);
  else cookies.set(name, value);
}

const CHARACTERS = { amp: "&", lt: "<", gt: ">", quot: '"', "#34": '"', "#39": "'", "#x27": "'" };
const plain = (text) => text.replace(/&(#?\w+);/g, (written, name) => CHARACTERS[name] ?? written);

function attributes(tag) {
  const found = tag.matchAll(/\s([\w-]+)="([^"]*)"/g);
  return Object.fromEntries([...found].map(([, name, value]) => [name, plain(value)]));
}

function forms(html) {
  return [...html.matchAll(/<form(\s[^>]*)>(.*?)<\/form>/gs)].map(([, tag, content]) => {
    const named = [...content.matchAll(/<(?:input|button)(\s[^>]*)>/g)]
      .map(([, input]) => attributes(input))
      .filter(({ name }) => name !== undefined);
    const fields = Object.fromEntries(named.map(({ name, value = "" }) => [name, value]));
    return { action: attributes(tag).action ?? "", fields };
  });
}
