// SPDX-License-Identifier: Apache-2.0
// Tokens to and from npm's jose, for jose.sh.
//
//   node jose.mjs sign FOLDER          for each algorithm: ALG.jwk; ALG.jws, a token, and ALG.payload, what it says;
//                                      ALG.thumbprint (RFC 7638); ALG.changed, .flipped, .cut,
//                                      .stranger: damaged. npm.jwks: all the keys. unsecured.jws, symmetric.jws:
//                                      tokens that none of the keys signed.
//   node jose.mjs verify FOLDER ALG…   for each file ALG.ours*: 'accepted NAME', where its token is one of the tests'
//                                      world and good by a key of the set ALG.jwks; else 'refused NAME CODE'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import {
	CompactSign, SignJWT, UnsecuredJWT, base64url, calculateJwkThumbprint, createLocalJWKSet, exportJWK, exportSPKI,
	generateKeyPair, jwtVerify,
} from 'jose'

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const now = Math.floor(Date.now() / 1000)
const claims = {
	iss: 'https://npm.example',
	aud: 'https://mail.example',
	sub: 'zoë',
	preferred_username: 'zoe@npm.example',
	iat: now,
	exp: now + 600,
}

// The same token with another payload, with one bit of its signature changed, with its signature's last byte cut off.
function damage(jws) {
	const [header, payload, signature] = jws.split('.')
	const bytes = base64url.decode(signature)
	const other = base64url.encode(JSON.stringify({ ...claims, preferred_username: 'zoa@npm.example' }))
	const cut = base64url.encode(bytes.subarray(0, -1))
	bytes[bytes.length - 1] ^= 1
	return {
		flipped: `${header}.${payload}.${base64url.encode(bytes)}`,
		changed: `${header}.${other}.${signature}`,
		cut: `${header}.${payload}.${cut}`,
	}
}

async function signBy(alg, folder) {
	const write = (suffix, text) => writeFileSync(`${folder}/${alg}.${suffix}`, text)
	const [own, strangers] = await Promise.all([1, 2].map(() => generateKeyPair(alg, { extractable: true })))
	const jwk = { ...await exportJWK(own.publicKey), use: 'sig', alg, kid: `npm-${alg}` }
	const payload = new TextEncoder().encode(JSON.stringify(claims))
	const sign = (key) => new CompactSign(payload).setProtectedHeader({ alg, typ: 'at+jwt', kid: jwk.kid }).sign(key)
	const jws = await sign(own.privateKey)

	write('jwk', JSON.stringify(jwk))
	write('thumbprint', await calculateJwkThumbprint(jwk))
	write('payload', payload)
	write('jws', jws)
	write('stranger', await sign(strangers.privateKey))
	for (const [suffix, text] of Object.entries(damage(jws))) write(suffix, text)
	return { jwk, publicKey: own.publicKey }
}

async function sign(folder) {
	const keys = await Promise.all(algorithms.map((alg) => signBy(alg, folder)))
	const header = { alg: 'HS256', typ: 'at+jwt', kid: keys[0].jwk.kid }
	const secret = new TextEncoder().encode(await exportSPKI(keys[0].publicKey))

	writeFileSync(`${folder}/npm.jwks`, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }))
	writeFileSync(`${folder}/unsecured.jws`, new UnsecuredJWT(claims).encode())
	writeFileSync(`${folder}/symmetric.jws`, await new SignJWT(claims).setProtectedHeader(header).sign(secret))
}

async function verifyBy(alg, folder) {
	const read = (name) => readFileSync(`${folder}/${name}`, 'utf8').trim()
	const keys = createLocalJWKSet(JSON.parse(read(`${alg}.jwks`)))
	const expected = { audience: 'https://mail.example', typ: 'at+jwt', requiredClaims: ['iss', 'exp', 'iat', 'tid'] }

	for (const name of readdirSync(folder).filter((each) => each.startsWith(`${alg}.ours`))) {
		const verdict = await jwtVerify(read(name), keys, expected)
			.then(() => `accepted ${name}`, ({ code }) => `refused ${name} ${code}`)
		console.log(verdict)
	}
}

async function verify(folder, ...names) {
	for (const alg of names) await verifyBy(alg, folder)
}

const [verb, ...rest] = process.argv.slice(2)
await { sign, verify }[verb](...rest)
