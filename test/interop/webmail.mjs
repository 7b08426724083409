// SPDX-License-Identifier: Apache-2.0
// A person with a browser (Chromium): node webmail.mjs STEP… with a JSON object of settings on standard input
//
// 'url' of the webmail, 'username', 'password', and 'pictures', a folder for what was seen (may be absent). Steps:
//   sign-in        open the webmail, sign in at the issuer that it leads to, wait for the list of messages
//   wrong-sign-in  the same with another password: the issuer's page must stay and say so
//   read=SUBJECT   open that message; its text is printed
//   sign-out       leave; the webmail then must ask for the password again
// Prints one line a step; ends with 1 where a step failed.
import { readFileSync } from 'node:fs'
import { chromium } from 'playwright-core'

const settings = JSON.parse(readFileSync(0, 'utf8'))
const name = 'input[name=username]'
const allow = 'button[value=allow]'
const leave = 'button[value=sign-out]'
const list = '#messagelist'

const browser = await chromium.launch({
	executablePath: '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
})
const page = await (await browser.newContext({ viewport: { width: 1100, height: 700 } })).newPage()
page.setDefaultTimeout(20000)

let pictures = 0
async function look(what) {
	if (settings.pictures) await page.screenshot({ path: `${settings.pictures}/${++pictures}-${what}.png` })
}

async function fillIn(password) {
	await page.goto(settings.url)
	await page.waitForSelector(name)
	await look('issuer')
	await page.fill(name, settings.username)
	await page.fill('input[name=password]', password)
	await page.click('button[type=submit]')
}

// The issuer may ask whether it may tell the webmail who this is.
async function agree() {
	await page.waitForSelector(`${list}, ${allow}`)
	if (await page.$(list)) return
	await look('consent')
	await page.click(allow)
}

// While Roundcube loads something, also the rest of a message that can be read already, a click does nothing.
async function settle() {
	await page.waitForFunction(() => window.rcmail && !window.rcmail.busy)
}

const steps = {
	async 'sign-in'() {
		await fillIn(settings.password)
		await agree()
		await page.waitForSelector(`${list} tr.message`)
		await look('messages')
		return `signed in, ${await page.$$eval(`${list} tr.message`, (rows) => rows.length)} message`
	},
	async 'wrong-sign-in'() {
		await fillIn('not the password')
		await page.waitForSelector('[role=alert]')
		await look('refused')
		return `refused: ${(await page.textContent('[role=alert]')).trim()}`
	},
	async read(subject) {
		await settle()
		await page.click(`${list} tr.message a:has-text("${subject}")`)
		const frame = page.frameLocator('#messagecontframe')
		const text = await frame.locator('#messagebody').textContent()
		await look('message')
		return text.trim()
	},
	async 'sign-out'() {
		await settle()
		await page.click('a.logout')
		await page.waitForSelector(`${name}, ${leave}`)
		await look('signed-out')
		if (await page.$(leave)) await page.click(leave)
		await page.waitForSelector(name)
		return 'signed out'
	},
}

try {
	for (const each of process.argv.slice(2)) {
		const [step, argument] = each.split('=')
		console.log(`${step}: ${await steps[step](argument)}`)
	}
} catch (error) {
	console.log(`FAILED at ${page.url()}: ${error.message.split('\n')[0]}`)
	await look('failed')
	process.exitCode = 1
}
await browser.close()
