// SPDX-License-Identifier: Apache-2.0
// A person at a mint's pages, with a browser (Chromium) and a keyboard: node mint_person.mjs STEP… with a JSON object of
// settings on standard input:
//
//   authorize            address of an authorization request; it leads back to 'back', an address of this machine that
//                        is free: the client is played here
//   device               address of the device page, and 'user_code', which it takes
//   username, password   of the person
//   pictures             a folder for what was seen (may be absent)
//
// Prints one line a step; ends with 1 where a step failed.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { chromium } from 'playwright-core'

const settings = JSON.parse(readFileSync(0, 'utf8'))
const browser = await chromium.launch({
	executablePath: '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
})

const client = createServer((request, response) => response.end('back'))
await new Promise((resolve) => client.listen(new URL(settings.back).port, '127.0.0.1', resolve))

async function open(options = {}) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, javaScriptEnabled: true, ...options })
	const page = await context.newPage()
	page.setDefaultTimeout(20000)
	page.complaints = []
	page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()))
	return page
}

function expect(what, good) {
	if (!good) throw new Error(what)
}

const focus = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim())

// A page that has just come may not have given the focus yet; keys that are pressed before go nowhere.
async function has_focus(page, selector) {
	try {
		await page.waitForSelector(`${selector}:focus`)
	} catch {
		throw new Error(`the focus is at ${await focus(page)}`)
	}
}

async function type_credentials(page, password) {
	await has_focus(page, '#username')
	await page.keyboard.type(settings.username)
	await page.keyboard.press('Tab')
	await has_focus(page, '#password')
	await page.keyboard.type(password)
	await page.keyboard.press('Enter')
}

// To the client, over the page that asks for consent where there is one.
async function come_back(page) {
	await Promise.race([page.waitForURL(`${settings.back}**`), page.waitForSelector('button[value=allow]')])
	if (page.url().startsWith(settings.back)) return
	await page.keyboard.press('Tab')
	await page.keyboard.press('Enter')
	await page.waitForURL(`${settings.back}**`)
}

// Nothing sticks out at the side, every field has a label, and text is far enough from its background.
async function inspect(page) {
	const found = await page.evaluate(() => {
		const bad = []
		if (document.documentElement.scrollWidth > window.innerWidth) bad.push('it is wider than the window')
		if (document.documentElement.lang !== 'en') bad.push('it has no language')
		if (document.querySelectorAll('h1').length !== 1) bad.push('it has no single heading')
		for (const each of document.querySelectorAll('input:not([type=hidden])'))
			if (!each.labels?.length) bad.push(`${each.name} has no label`)
		for (const each of document.querySelectorAll('input:not([type=hidden]),button'))
			if (each.getBoundingClientRect().height < 44) bad.push(`${each.name} is too low to hit`)
		const parts = (colour) => colour.match(/[\d.]+/g).map(Number)
		const light = (colour) => {
			const [r, g, b] = parts(colour).map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4))
			return 0.2126 * r + 0.7152 * g + 0.0722 * b
		}
		const behind = (element) => {
			for (; element; element = element.parentElement) {
				const colour = getComputedStyle(element).backgroundColor
				if (parts(colour)[3] !== 0) return colour
			}
			return 'rgb(255,255,255)'
		}
		for (const each of document.querySelectorAll('h1,p,label,button,a,li,strong,input:not([type=hidden])')) {
			const pair = [light(getComputedStyle(each).color), light(behind(each))].sort((a, b) => b - a)
			const contrast = (pair[0] + 0.05) / (pair[1] + 0.05)
			if (contrast < 4.5) bad.push(`the contrast of '${each.textContent.slice(0, 20)}' is ${contrast.toFixed(1)}`)
		}
		return bad
	})
	expect(found.join('; '), found.length === 0)
}

const steps = {
	async 'sign-in'() {
		const page = await open()
		await page.goto(settings.authorize)
		await type_credentials(page, settings.password)
		await come_back(page)
		const back = new URL(page.url())
		expect(`it came back as ${back.search}`, back.searchParams.get('code') && back.searchParams.get('state') === 'here')
		expect(page.complaints.join('; '), page.complaints.length === 0)
		await page.goto(settings.authorize)
		await come_back(page)
		return 'signed in with the keyboard alone, and once more without a password'
	},
	async 'without-scripts'() {
		const page = await open({ javaScriptEnabled: false })
		await page.goto(settings.authorize)
		await page.fill('#username', settings.username)
		await page.fill('#password', settings.password)
		await page.click('button[type=submit]')
		await come_back(page)
		return 'signed in without scripts'
	},
	async 'wrong-password'() {
		const page = await open()
		await page.goto(settings.authorize)
		await type_credentials(page, 'not the password')
		const alert = (await page.textContent('[role=alert]')).trim()
		await has_focus(page, '#password')
		expect('the name is gone', (await page.inputValue('#username')) === settings.username)
		expect('the password is still there', (await page.inputValue('#password')) === '')
		await page.keyboard.type(settings.password)
		await page.keyboard.press('Enter')
		await come_back(page)
		return `told '${alert}', and then signed in`
	},
	async device() {
		const page = await open()
		await page.goto(settings.device)
		await type_credentials(page, settings.password)
		await has_focus(page, '#user_code')
		await page.keyboard.type('WRNG-WRNG')
		await page.keyboard.press('Enter')
		await page.waitForSelector('[role=alert]')
		await has_focus(page, '#user_code')
		await page.keyboard.type(settings.user_code.toLowerCase().replace('-', ' '))
		await page.keyboard.press('Enter')
		await page.waitForSelector('button[value=allow]')
		await inspect(page)
		await page.keyboard.press('Tab')
		await has_focus(page, 'button[value=allow]')
		await page.keyboard.press('Enter')
		await page.waitForSelector('text=The device is connected')
		return 'a device connected with the keyboard alone'
	},
	async looks() {
		for (const colorScheme of ['light', 'dark'])
			for (const width of [320, 1280]) {
				const page = await open({ colorScheme, viewport: { width, height: 800 } })
				const look = async (what) => {
					await inspect(page)
					if (settings.pictures) await page.screenshot({ path: `${settings.pictures}/${what}-${colorScheme}-${width}.png` })
				}
				await page.goto(settings.authorize)
				await look('sign-in')
				await type_credentials(page, 'not the password')
				await page.waitForSelector('[role=alert]')
				await look('refused')
				await page.goto(settings.authorize.replace('client_id=', 'client_id=nobody-'))
				await look('no-client')
				await page.goto(settings.device)
				await type_credentials(page, settings.password)
				await page.waitForSelector('#user_code')
				await look('device')
			}
		return 'in light and dark, narrow and wide: nothing sticks out, all is labelled and legible'
	},
}

for (const step of process.argv.slice(2)) {
	try {
		console.log(`${step}: ${await steps[step]()}`)
	} catch (error) {
		console.log(`${step}: FAILED: ${error.message}`)
		process.exitCode = 1
	}
}
await browser.close()
client.close()
client.closeAllConnections()
