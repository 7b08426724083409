// SPDX-License-Identifier: Apache-2.0
// A client by the book (openid-client) and its user at a mint: node mint_client.mjs STEP… with a JSON object of settings
// on standard input:
//
//   issuer                its address
//   redirect_uri          of the public client 'app'
//   app, batch            names of clients: public with its user; confidential with 'key', a private JWK of ES256
//   username, password    of the user; 'wrong' is another password
//   resource              the audience of the user's access tokens; 'job' that of the other client's own
//   derived               address of a realm whose tokens are made in exchange for those of 'issuer'; 'batch' is known
//                         there, too. It gives a token for 'exchangeable' and gets one for 'exchanged'
//   scope                 what the app asks for, openid among it
//
// Prints one line a step; ends with 1 where a step failed.
import { generateKeyPair } from 'node:crypto'
import diagnostics from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { custom, generators, Issuer } from 'openid-client'

const settings = JSON.parse(readFileSync(0, 'utf8'))
const { resource, scope } = settings
const redirect_uri = settings.redirect_uri
custom.setHttpOptionsDefaults({ timeout: 20000 })

const issuer = await Issuer.discover(settings.issuer)
const app = new issuer.Client({
	client_id: settings.app,
	redirect_uris: [redirect_uri],
	response_types: ['code'],
	token_endpoint_auth_method: 'none',
	id_token_signed_response_alg: issuer.metadata.id_token_signing_alg_values_supported[0],
})
const batch_at = (at) => new at.Client(
	{
		client_id: settings.batch,
		token_endpoint_auth_method: 'private_key_jwt',
		token_endpoint_auth_signing_alg: 'ES256',
		introspection_endpoint_auth_method: 'private_key_jwt',
		revocation_endpoint_auth_method: 'private_key_jwt',
		redirect_uris: [],
		response_types: [],
	},
	{ keys: [settings.key] },
)
const batch = batch_at(issuer)

// ---- a browser, as far as forms and cookies need one ----

const jar = new Map()

async function browse(address, form) {
	for (let hops = 0; hops < 5; hops++) {
		const headers = { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') }
		const options = form
			? { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' }
			: { headers, redirect: 'manual' }
		const answer = await fetch(address, options)
		for (const line of answer.headers.getSetCookie?.() ?? [answer.headers.get('set-cookie') ?? ''])
			for (const each of line.split(/,\s*(?=[\w-]+=)/)) {
				const [name, value] = each.split(';')[0].split('=')
				if (name) jar.set(name, value)
			}
		if (answer.status < 300 || answer.status > 399) return { answer, text: await answer.text() }
		const next = new URL(answer.headers.get('location'), address)
		if (next.href.startsWith(redirect_uri)) return { back: next }
		address = next
		form = undefined
	}
	throw new Error('it leads in circles')
}

const plain = (text) =>
	text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')

// Fill in the form of a page and send it.
async function send(text, values) {
	const action = text.match(/<form method="post" action="([^"]*)"/)
	if (!action) throw new Error(`there is no form: ${text.slice(-400)}`)
	const form = {}
	for (const [, name, value] of text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g))
		form[name] = plain(value)
	return browse(new URL(plain(action[1]), settings.issuer), { ...form, ...values })
}

const credentials = () => ({ username: settings.username, password: settings.password })

// From a page to the client: sign in and agree where that is asked for.
async function go_through(page) {
	for (let forms = 0; forms < 3 && !page.back; forms++)
		page = await send(page.text, page.text.includes('name="password"') ? credentials() : { decision: 'allow' })
	if (!page.back) throw new Error(`it does not lead back: ${page.text.slice(-400)}`)
	return page.back
}

// ---- steps ----

let tokens

async function authorize(more = {}, checks = {}) {
	const code_verifier = generators.codeVerifier()
	const state = generators.state()
	const nonce = generators.nonce()
	const address = app.authorizationUrl({
		scope,
		resource,
		state,
		nonce,
		code_challenge: generators.codeChallenge(code_verifier),
		code_challenge_method: 'S256',
		...more,
	})
	const back = await go_through(await browse(address))
	const parameters = app.callbackParams(back.href)
	return app.callback(redirect_uri, parameters, { code_verifier, state, nonce, response_type: 'code' }, checks)
}

function expect(what, good) {
	if (!good) throw new Error(what)
}

async function refused(code, what) {
	try {
		await what()
	} catch (error) {
		expect(`the error is ${error.error ?? error} instead of ${code}`, error.error === code)
		return
	}
	throw new Error(`it was not refused with ${code}`)
}

const key_pair = async () => promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })

const steps = {
	async code() {
		tokens = await authorize()
		expect('there is no ID token', tokens.id_token && tokens.claims().sub)
		return `tokens for ${tokens.claims().sub}, ${tokens.token_type}, ${tokens.expires_in} s, scope ${tokens.scope}`
	},
	async userinfo() {
		const told = await app.userinfo(tokens)
		expect('another subject', told.sub === tokens.claims().sub)
		expect('another mail address', told.email === settings.username)
		return `userinfo of ${told.preferred_username ?? told.sub}`
	},
	async refresh() {
		const old = tokens.refresh_token
		expect('there is no refresh token', old)
		tokens = await app.refresh(tokens)
		expect('the refresh token did not change', tokens.refresh_token && tokens.refresh_token !== old)
		return 'a new access token and a new refresh token'
	},
	async 'refresh-reuse'() {
		const fresh = await authorize()
		const next = await app.refresh(fresh)
		await refused('invalid_grant', () => app.refresh(fresh.refresh_token))
		await refused('invalid_grant', () => app.refresh(next.refresh_token))
		return 'a refresh token used twice ends its family'
	},
	async 'code-reuse'() {
		const code_verifier = generators.codeVerifier()
		const address = app.authorizationUrl({
			scope,
			resource,
			code_challenge: generators.codeChallenge(code_verifier),
			code_challenge_method: 'S256',
		})
		const grant = async () => {
			const back = await go_through(await browse(address))
			return { grant_type: 'authorization_code', code: back.searchParams.get('code'), redirect_uri }
		}
		const stolen = await grant()
		await refused('invalid_grant', () => app.grant({ ...stolen, code_verifier: generators.codeVerifier() }))
		const mine = await grant()
		const got = await app.grant({ ...mine, code_verifier })
		await refused('invalid_grant', () => app.grant({ ...mine, code_verifier }))
		await refused('invalid_grant', () => app.refresh(got.refresh_token))
		return 'a code is worth nothing without its verifier; used twice, it takes back what it gave'
	},
	async 'wrong-password'() {
		jar.clear()
		const address = app.authorizationUrl({ scope, code_challenge: generators.codeChallenge('x'.repeat(43)), code_challenge_method: 'S256' })
		const page = await browse(address)
		const again = await send(page.text, { username: settings.username, password: settings.wrong })
		expect('there is no alert', again.text?.includes('role="alert"'))
		expect('it is led back', !again.back)
		return 'a wrong password is told'
	},
	async 'client-credentials'() {
		tokens = await batch.grant({ grant_type: 'client_credentials', resource: settings.job })
		return `a token of the client's own, ${tokens.token_type}`
	},
	async introspect() {
		const told = await batch.introspect(tokens.access_token)
		expect('it is not active', told.active)
		const user = await authorize()
		const of_user = await batch.introspect(user.access_token)
		expect('a user\'s token is not active', of_user.active && of_user.username === settings.username)
		expect('a refresh token is told to another client', !(await batch.introspect(user.refresh_token)).active)
		return `active, of ${told.client_id}; and one of ${of_user.username}`
	},
	async revoke() {
		const mine = await batch.grant({ grant_type: 'client_credentials', resource: settings.job })
		expect('it is not active before', (await batch.introspect(mine.access_token)).active)
		await batch.revoke(mine.access_token, 'access_token')
		const told = await batch.introspect(mine.access_token)
		expect('a revoked token is active', !told.active)
		const fresh = await authorize()
		await app.revoke(fresh.refresh_token, 'refresh_token')
		await refused('invalid_grant', () => app.refresh(fresh.refresh_token))
		return 'a revoked token is not active, a revoked refresh token gives nothing'
	},
	async device() {
		const handle = await app.deviceAuthorization({ scope, resource })
		const page = await browse(handle.verification_uri_complete)
		let shown = page
		if (shown.text.includes('name="password"')) shown = await send(shown.text, credentials())
		expect('the code is not shown', shown.text.includes(handle.user_code))
		const done = await send(shown.text, { decision: 'allow' })
		expect('the user could not allow it', done.answer.status === 200)
		const got = await handle.poll()
		return `a device has its token, scope ${got.scope}`
	},
	async exchange() {
		const service = batch_at(await Issuer.discover(settings.derived))
		const subject = await authorize({ resource: settings.exchangeable })
		const got = await service.grant({
			grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
			subject_token: subject.access_token,
			subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
			resource: settings.exchanged,
		})
		expect('it does not say of what type it is', got.issued_token_type)
		await refused('invalid_request', () =>
			service.grant({
				grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
				subject_token: got.access_token,
				subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
				resource: settings.exchanged,
			}),
		)
		return `exchanged once, for ${got.token_type}, and not again`
	},
	async dpop() {
		const { privateKey } = await key_pair()
		// The first proof is made without a nonce: the issuer asks for one, and the library tries again.
		const told = []
		const hear = ({ response }) => response.headers['dpop-nonce'] && told.push(response.statusCode)
		diagnostics.subscribe('http.client.response.finish', hear)
		const bound = await authorize({}, { DPoP: privateKey })
		diagnostics.unsubscribe('http.client.response.finish', hear)
		expect(`nonces came with ${told}`, told.join() === '400,200')
		expect(`it is ${bound.token_type}`, bound.token_type === 'DPoP')
		const user = await app.userinfo(bound, { DPoP: privateKey })
		expect('another subject', user.sub === bound.claims().sub)
		const other = await key_pair()
		let passed = true
		await app.userinfo(bound, { DPoP: other.privateKey }).catch(() => (passed = false))
		expect('a token that is bound passes with another key', !passed)
		return 'a token bound to a key, for that key alone'
	},
	async 'sign-out'() {
		const before = await authorize()
		const page = await browse(app.endSessionUrl({ id_token_hint: before.id_token, state: 'bye' }))
		await send(page.text, { decision: 'sign-out' })
		const after = await browse(app.authorizationUrl({ scope, prompt: 'none', code_challenge: generators.codeChallenge('x'.repeat(43)), code_challenge_method: 'S256' }))
		expect('the session goes on', after.back?.searchParams.get('error') === 'login_required')
		return 'signed out'
	},
}

for (const step of process.argv.slice(2)) {
	try {
		console.log(`${step}: ${await steps[step]()}`)
	} catch (error) {
		console.log(`${step}: FAILED: ${error.error ?? ''} ${error.error_description ?? ''} ${error.message}`)
		process.exitCode = 1
	}
}
